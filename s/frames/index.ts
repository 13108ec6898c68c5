/** Data frames in and out, by shape. */
export { type FrameLike, frameColumns, panelFromFrame } from './frame.ts';
