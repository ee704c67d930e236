// The part of the library that is used here. A decoded bin is a view into the message.
export function decode(buffer: ArrayLike<number> | ArrayBuffer): unknown;
export function encode(value: unknown, options?: { ignoreUndefined?: boolean }): Uint8Array<ArrayBuffer>;
