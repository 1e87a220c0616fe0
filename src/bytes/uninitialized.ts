/**
 * Large arrays with uninitialized elements, for code that writes each element before it reads it: pages are
 * not filled with zeros first, and pages that are never written are never touched.
 */

export function uninitializedFloat64Array(length: number): Float64Array {
  return new Float64Array(Buffer.allocUnsafeSlow(length * Float64Array.BYTES_PER_ELEMENT).buffer);
}

export function uninitializedUint32Array(length: number): Uint32Array {
  return new Uint32Array(Buffer.allocUnsafeSlow(length * Uint32Array.BYTES_PER_ELEMENT).buffer);
}
