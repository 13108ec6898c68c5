/** kernels/train.ts as WebAssembly, 108 bytes: made by `npm run kernels`, never edited. */
export const BLOB: string =
  'AGFzbQEAAAABBwFgAn9/AX4CEgEDZW52Bm1lbW9yeQIDAYCABAMCAQAHEAIDYWRkAAAGbWVtb3J5AgAKLwEtAgF/AX4DQCABIAJLBEAgAyAAIAJBAnRq/hYCAHwhAyACQQFqIQIMAQsLIAML';
