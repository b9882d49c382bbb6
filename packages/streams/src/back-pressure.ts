/**
 * What happens to buffers for which there is no room.
 *
 * - `block`: they wait, and whoever sends them with them.
 * - `drop-oldest`: the one that has waited longest is dropped.
 * - `drop-newest`: the latest one is dropped.
 */
export type BackPressure = 'block' | 'drop-oldest' | 'drop-newest';

export const BACK_PRESSURES = ['block', 'drop-oldest', 'drop-newest'] as const satisfies readonly BackPressure[];
