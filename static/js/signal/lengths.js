// How long a record is in samples of another rate.

/**
 * Return the samples of a record at a rate of its leads, as far as the record itself says.
 * @param {{ length: number, fs: number }} record
 * @param {number} fs
 */
export const lengthAt = ({ length, fs: own }, fs) => (fs === own ? length : Math.floor((length / own) * fs + 1e-6));
