import type { UsbDevice } from '@gadgetloom/virtual-host';
import type { VirtualHost } from '@gadgetloom/virtual-host/model';

/** The device that is plugged in as a WebUSB program has it: opened, configured, and with that interface claimed. */
export async function openWebUsb(host: VirtualHost, interfaceNumber: number): Promise<UsbDevice> {
  await host.waitForDevice();
  const [device] = await host.usb.getDevices();
  if (device === undefined) throw new Error('No device is plugged in.');
  if (!device.opened) await device.open();
  const claimed = device.configuration?.interfaces.find((each) => each.interfaceNumber === interfaceNumber)?.claimed;
  if (!claimed) await device.claimInterface(interfaceNumber);
  return device;
}
