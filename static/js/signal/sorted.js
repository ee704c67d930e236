// Places in sorted numbers.

/** How many are <= value. @param {ArrayLike<number>} sorted @param {number} value */
export function upperBound(sorted, value) {
    let [low, high] = [0, sorted.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle] <= value) low = middle + 1;
        else high = middle;
    }
    return low;
}

/** How many are < value. @param {ArrayLike<number>} sorted @param {number} value */
export function lowerBound(sorted, value) {
    let [low, high] = [0, sorted.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle] < value) low = middle + 1;
        else high = middle;
    }
    return low;
}
