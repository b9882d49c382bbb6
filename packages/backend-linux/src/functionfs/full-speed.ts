import { DescriptorFlag, Magic } from '@gadgetloom/functionfs';

const SPEEDS = [DescriptorFlag.HAS_FS_DESC, DescriptorFlag.HAS_HS_DESC, DescriptorFlag.HAS_SS_DESC] as const;
const ENDPOINT = 5;
const HEADER = 12;

/**
 * True for descriptors of which a kernel would dereference a NULL pointer when the function is bound: endpoints for high
 * speed and SuperSpeed, and none for full speed, whatever else there is for it. Source: f_fs.c, __ffs_data_got_descs and
 * __ffs_func_bind_do_descs.
 */
export function lacksFullSpeed(blob: Uint8Array): boolean {
  const [full, high, superSpeed] = endpointsBySpeed(blob);
  return full === 0 && high !== 0 && superSpeed !== 0;
}

/** How many endpoints are described for each speed; none where the kernel refuses the blob before it gets that far. */
function endpointsBySpeed(blob: Uint8Array): number[] {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const word = (at: number): number => (at + 4 <= blob.length ? view.getUint32(at, true) : 0);
  const counts = SPEEDS.map(() => 0);
  if (word(0) !== Magic.DESCRIPTORS_V2) return counts;
  const flags = word(8);
  let at = HEADER + ((flags & DescriptorFlag.EVENTFD) === 0 ? 0 : 4);
  const described = SPEEDS.map((flag) => {
    if ((flags & flag) === 0) return 0;
    at += 4;
    return word(at - 4);
  });
  if ((flags & DescriptorFlag.HAS_MS_OS_DESC) !== 0) at += 4;
  for (const [speed, count] of described.entries())
    for (let left = count; left > 0 && at + 2 <= blob.length; left--) {
      const length = blob[at]!;
      if (length < 2) return counts;
      if (blob[at + 1] === ENDPOINT) counts[speed]!++;
      at += length;
    }
  return counts;
}
