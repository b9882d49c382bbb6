import type { ConnectedDevice } from '../host-end.ts';

/** Reads the names of all configurations and alternate settings that are not known yet. */
export async function readNames(device: ConnectedDevice): Promise<void> {
  for (const { nameIndex, interfaces } of device.configurations) {
    await device.string(nameIndex);
    for (const it of interfaces.flatMap(({ alternates }) => alternates)) await device.string(it.nameIndex);
  }
}
