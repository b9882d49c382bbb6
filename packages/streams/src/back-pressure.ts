/**
 * The policy for buffers that have no room.
 *
 * - `block`: the buffers wait, and so does their sender.
 * - `drop-oldest`: the stream drops the buffer that has waited longest.
 * - `drop-newest`: the stream drops the latest buffer.
 */
export type BackPressure = 'block' | 'drop-oldest' | 'drop-newest';

export const BACK_PRESSURES = ['block', 'drop-oldest', 'drop-newest'] as const satisfies readonly BackPressure[];
