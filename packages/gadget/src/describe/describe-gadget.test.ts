import { mock } from '@gadgetloom/backend-mock';
import { isKernelError } from '@gadgetloom/core';
import { DescriptorType, decodeStringDescriptor, Request, USB_DIR_IN } from '@gadgetloom/udc';
import { type HostDevice, VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryGadget } from '../../test/arbitrary-gadget.ts';
import { defineGadget } from '../definition/define-gadget.ts';
import { bulk, interrupt, isochronous } from '../definition/endpoints.ts';
import { composeStack } from '../stack/compose-stack.ts';
import { describeGadget, type GadgetDescription } from './describe-gadget.ts';
import { formatDescription } from './description-text.ts';

const scope = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  deviceVersion: '1.05',
  manufacturer: 'Me',
  product: { 'en-US': 'Scope', 'de-DE': 'Oszilloskop' },
  maxPower: 250,
  functions: {
    scope: {
      description: 'samples',
      endpoints: { samples: bulk.in({ burst: 16 }), commands: bulk.out(), status: interrupt.in({ interval: 4 }) },
    },
  },
});

describe('the description of a gadget', () => {
  it('has the speeds of the gadget', async () => {
    const speeds = async (maxSpeed: 'full' | 'high' | 'super') =>
      (await describeGadget({ ...scope, maxSpeed })).speeds.map(({ speed }) => speed);
    expect(await speeds('full')).toEqual(['full']);
    expect(await speeds('high')).toEqual(['full', 'high']);
    expect(await speeds('super')).toEqual(['full', 'high', 'super']);
  });

  it('has the device with its strings in all languages', async () => {
    const { speeds } = await describeGadget(scope);
    const { device, strings, qualifier, bos } = speeds[2]!;
    expect(device).toMatchObject({ vendorId: 0x1d6b, productId: 0x0104, deviceVersion: 0x0105, usbVersion: 0x0320 });
    expect([qualifier, bos?.[0]?.type]).toEqual([undefined, 'superspeed']);
    expect(strings.filter(({ index }) => index === device.productIndex)).toEqual([
      { index: device.productIndex, language: 0x0409, text: 'Scope' },
      { index: device.productIndex, language: 0x0407, text: 'Oszilloskop' },
    ]);
  });

  it('knows the endpoints by their names', async () => {
    const { endpoints } = await describeGadget(scope);
    expect(endpoints).toEqual([
      { configuration: 1, address: 0x81, name: 'scope.samples' },
      { configuration: 1, address: 0x02, name: 'scope.commands' },
      { configuration: 1, address: 0x83, name: 'scope.status' },
    ]);
  });

  it('names the functions of the kernel that have no model, and shows nothing of them', async () => {
    const description = await describeGadget({
      ...scope,
      functions: { network: { kernel: 'ncm' }, ...scope.functions },
    });
    expect(description.unknown).toEqual([{ function: 'network', kernel: 'ncm' }]);
    expect(description.endpoints).toHaveLength(3);
    expect(formatDescription(description)).toContain(
      'The kernel provides function "network" (ncm): its descriptors are not shown here',
    );
    const { speeds } = await describeGadget({ ...scope, functions: { network: { kernel: 'ncm' } } });
    expect(speeds.map(({ configurations }) => configurations.length)).toEqual([1, 1, 1]);
  });

  it('has the descriptors of the functions of the kernel that are simulated, in their place', async () => {
    const { unknown, endpoints, speeds } = await describeGadget({
      ...scope,
      functions: { serial: { kernel: 'acm', attributes: { console: true } }, ...scope.functions },
    });
    expect(unknown).toEqual([]);
    expect(endpoints.map(({ name }) => name)).toEqual([
      ...['serial', 'serial', 'serial', 'scope.samples', 'scope.commands', 'scope.status'],
    ]);
    const names = speeds[0]?.strings.map(({ text }) => text);
    expect(names).toEqual(expect.arrayContaining(['CDC Abstract Control Model (ACM)', 'CDC ACM Data', 'CDC Serial']));
  });

  it('is text for people, too', async () => {
    const whole = await describeGadget({ ...scope, maxSpeed: 'super' });
    const { speeds } = whole;
    expect(formatDescription({ ...whole, speeds: speeds.slice(2) })).toMatchInlineSnapshot(`
      "Super speed
        Device 1d6b:0104 version 1.05, USB 3.20, endpoint 0 with 512 bytes
          class          each interface has its own
          manufacturer   "Me"
          product        en-US "Scope", de-DE "Oszilloskop"
        Configuration 1: bus-powered, 248 mA
          Interface 0: class 0xff/0x00/0x00 (vendor specific), "samples"
            0x81 IN  bulk         1024 bytes, bursts of 16                   scope.samples
            0x02 OUT bulk         1024 bytes                                 scope.commands
            0x83 IN  interrupt    64 bytes, every 4 ms, 64 bytes each time   scope.status
        Device capabilities
          SuperSpeed: low, full, high, 5 Gbit/s; all functions from full on; leaves U1 in 1 us, U2 in 500 us
      "
    `);
    expect(formatDescription({ ...whole, speeds: speeds.slice(1, 2) })).toMatchInlineSnapshot(`
      "High speed
        Device 1d6b:0104 version 1.05, USB 2.10, endpoint 0 with 64 bytes
          class          each interface has its own
          manufacturer   "Me"
          product        en-US "Scope", de-DE "Oszilloskop"
        Qualifier at full speed: USB 2.10, endpoint 0 with 64 bytes, 1 configuration
        Configuration 1: bus-powered, 250 mA
          Interface 0: class 0xff/0x00/0x00 (vendor specific), "samples"
            0x81 IN  bulk         512 bytes              scope.samples
            0x02 OUT bulk         512 bytes              scope.commands
            0x83 IN  interrupt    64 bytes, every 4 ms   scope.status
        Device capabilities
          SuperSpeed: low, full, high, 5 Gbit/s; all functions from full on; leaves U1 in 1 us, U2 in 500 us
      "
    `);
  });

  it('shows alternate settings, high bandwidth, synchronisation, power and functions of the kernel', async () => {
    const description = await describeGadget({
      vendorId: 1,
      productId: 2,
      maxSpeed: 'high',
      class: 0xef,
      subclass: 2,
      protocol: 1,
      selfPowered: true,
      remoteWakeup: true,
      functions: {
        sound: {
          class: 1,
          alternates: [
            {
              description: { 'en-US': 'sound', 'de-DE': 'Ton' },
              endpoints: {
                out: isochronous.out({
                  packetSize: 1024,
                  transactions: 3,
                  interval: 0.125,
                  synchronization: 'adaptive',
                }),
              },
            },
          ],
        },
        serial: { kernel: 'acm' },
      },
      configurations: { main: { description: 'everything', functions: ['sound', 'serial'] } },
    });
    expect(formatDescription(description)).toMatchInlineSnapshot(`
      "Full speed
        Device 0001:0002 version 6.12, USB 2.00, endpoint 0 with 64 bytes
          class          0xef/0x02/0x01 (miscellaneous)
        Qualifier at high speed: USB 2.00, endpoint 0 with 64 bytes, 1 configuration
        Configuration 1: self-powered, remote wakeup, 2 mA, "everything"
          Interface 0, alternate setting 0: class 0x01/0x00/0x00 (audio)
          Interface 0, alternate setting 1: class 0x01/0x00/0x00 (audio), en-US "sound", de-DE "Ton"
            0x01 OUT isochronous  1023 bytes, every 1 ms, adaptive   sound.out
          Interface Association: interfaces 1 to 2, class 0x02/0x02/0x01 (communications), "CDC Serial"
          Interface 1: class 0x02/0x02/0x01 (communications), "CDC Abstract Control Model (ACM)"
            CDC Header: CDC 1.10
            CDC Call Management: capabilities 0x00, data interface 2
            CDC ACM: capabilities 0x02 (line coding and serial state)
            CDC Union: control interface 1, data interface 2
            0x82 IN  interrupt    10 bytes, every 32 ms              serial
          Interface 2: class 0x0a/0x00/0x00 (CDC data), "CDC ACM Data"
            0x81 IN  bulk         64 bytes                           serial
            0x02 OUT bulk         64 bytes                           serial

      High speed
        Device 0001:0002 version 6.12, USB 2.00, endpoint 0 with 64 bytes
          class          0xef/0x02/0x01 (miscellaneous)
        Qualifier at full speed: USB 2.00, endpoint 0 with 64 bytes, 1 configuration
        Configuration 1: self-powered, remote wakeup, 2 mA, "everything"
          Interface 0, alternate setting 0: class 0x01/0x00/0x00 (audio)
          Interface 0, alternate setting 1: class 0x01/0x00/0x00 (audio), en-US "sound", de-DE "Ton"
            0x01 OUT isochronous  3 x 1024 bytes, every 0.125 ms, adaptive   sound.out
          Interface Association: interfaces 1 to 2, class 0x02/0x02/0x01 (communications), "CDC Serial"
          Interface 1: class 0x02/0x02/0x01 (communications), "CDC Abstract Control Model (ACM)"
            CDC Header: CDC 1.10
            CDC Call Management: capabilities 0x00, data interface 2
            CDC ACM: capabilities 0x02 (line coding and serial state)
            CDC Union: control interface 1, data interface 2
            0x82 IN  interrupt    10 bytes, every 32 ms                      serial
          Interface 2: class 0x0a/0x00/0x00 (CDC data), "CDC ACM Data"
            0x81 IN  bulk         512 bytes                                  serial
            0x02 OUT bulk         512 bytes                                  serial
      "
    `);
  });

  it('shows associations, class descriptors, WebUSB and Microsoft OS descriptors', async () => {
    const description = await describeGadget({
      vendorId: 1,
      productId: 2,
      maxSpeed: 'full',
      webUsb: { landingPage: 'https://example.com/scope' },
      functions: {
        camera: { kernel: 'uvc' },
        pair: {
          association: { subclass: 1, description: 'pair' },
          interfaces: {
            keys: { hid: { country: 33, reportLength: 63 }, endpoints: { keys: interrupt.in({ packetSize: 8 }) } },
            card: { ccid: { slots: 2, voltages: ['5 V', '3 V'], pinSupport: 3, lcdLayout: 0x0210 } },
          },
        },
        update: {
          protocol: 2,
          dfu: { attributes: { download: true, willDetach: true }, detachTimeout: 255, transferSize: 4096 },
          descriptors: ['03 09 03'],
          microsoftOs: {
            compatibleId: 'WINUSB',
            subCompatibleId: '1',
            properties: { Label: 'updater', Icon: { bytes: '00 ff' }, Path: { text: '%x%', as: 'expand' } },
          },
        },
      },
    });
    expect(formatDescription(description)).toMatchInlineSnapshot(`
      "Full speed
        Device 0001:0002 version 6.12, USB 2.01, endpoint 0 with 64 bytes
          class          0xef/0x02/0x01 (miscellaneous)
        Configuration 1: bus-powered, 2 mA
          Interface Association: interfaces 2 to 3, class 0x03/0x01/0x00 (human interface), "pair"
          Interface 2: class 0x03/0x00/0x00 (human interface)
            HID Device Descriptor: HID 1.11, country 33 (US), Report with 63 bytes
            0x81 IN  interrupt    8 bytes, every 8 ms   pair.keys
          Interface 3: class 0x0b/0x00/0x00 (smart card)
            ChipCard Interface Descriptor: CCID 1.10, 2 slots, 5.0V, 3.0V, T=1
              clock 4000 to 4000 kHz, data 10753 to 10753 bps
              features 0x000400be
                Auto configuration based on ATR
                Auto activation on insert
                Auto voltage selection
                Auto clock change
                Auto baud rate change
                Auto PPS made by CCID
                Short and extended APDU level exchange
              messages of 271 bytes, IFSD 254, 1 busy slot, display 2 x 16, PIN verification and modification
          Interface 4: class 0xfe/0x01/0x02 (application specific)
            Device Firmware Upgrade Interface Descriptor: DFU 1.10, detach within 255 ms, transfers of 4096 bytes
              Will Detach, Manifestation Intolerant, Upload Unsupported, Download Supported
            OTG Descriptor: SRP, HNP
        Device capabilities
          WebUSB 1.00: vendor code 0xce, landing page https://example.com/scope

      Microsoft OS Descriptors: MSFT100, vendor code 0xcd
        Interface 4: compatible ID "WINUSB", sub-compatible ID "1"
          Label REG_SZ "updater"
          Icon REG_BINARY 00 ff
          Path REG_EXPAND_SZ "%x%"

      The kernel provides function "camera" (uvc): its descriptors are not shown here, and come in between those above.
      "
    `);
    expect(description.speeds[0]?.classDescriptors.map((one) => [one.interface, one.descriptor.kind])).toEqual([
      [2, 'hid'],
      [3, 'ccid'],
      [4, 'dfu'],
    ]);
    expect(description.webUsb).toMatchObject({ landingPage: 'https://example.com/scope', vendorCode: 0xce });
    expect(description.microsoftOs?.interfaces.map(({ interfaceNumber }) => interfaceNumber)).toEqual([2, 3, 4]);
  });

  it('says what it does not know by its bytes', async () => {
    const description = await describeGadget({
      ...{ vendorId: 1, productId: 2, maxSpeed: 'full' },
      microsoftOs: { signature: 'LOOM' },
      functions: { f: { class: 3, descriptors: ['09 21 11 01 00 07 22 3f 00'] } },
    });
    const text = formatDescription(description);
    expect(text).toContain('      ** UNRECOGNIZED: 09 21 11 01 00 07 22 3f 00\n');
    expect(text).toContain('Microsoft OS Descriptors: LOOM, vendor code 0xcd\n');
    expect(description.speeds[0]?.classDescriptors).toEqual([]);
  });

  it.each([{ vendorId: -1 }, { functions: {} }])('is not made of a gadget that is wrong: %j', async (changes) => {
    await expect(describeGadget({ ...scope, ...changes })).rejects.toThrow(/allowed is|at least one/);
  });

  it('is not made for a controller that has no room', async () => {
    const features = { scatterGather: true, maximumSpeed: 'high', virtual: true, endpoints: [] } as const;
    await expect(describeGadget(scope, { controller: { name: 'none.0', features } })).rejects.toThrow(
      'endpoint "scope.samples" (bulk IN) has no place on the controller none.0: it has no endpoint for bulk IN; it has none at all.',
    );
  });

  it('is byte for byte what a host reads from the simulated device, at every speed', async () => {
    const speeds = fc.constantFrom('full' as const, 'high' as const, 'super' as const);
    const gadgets = arbitraryGadget({ kinds: ['bulk', 'interrupt'], endpoints: 3 });
    await fc.assert(
      fc.asyncProperty(gadgets, speeds, async (gadget, speed) => {
        await using stack = await composeStack({
          gadget,
          backends: [mock({ speed: 'super', host: { maxSpeed: speed } })],
        });
        const host = await stack.resolve(VIRTUAL_HOST).waitForDevice();
        const whole = await describeGadget(gadget, { controller: stack.controller });
        const description = whole.speeds.find((one) => one.speed === host.speed)!;
        expect(description.bytes).toEqual(await allDescriptors(host));
        for (const { index, language, text } of description.strings) {
          const bytes = await getDescriptor(host, DescriptorType.STRING, index, language);
          expect(bytes && decodeStringDescriptor(bytes)).toBe(text);
        }
        expect(await vendorDescriptors(host, whole)).toEqual([whole.webUsb?.bytes, whole.microsoftOs?.bytes]);
      }),
      { numRuns: 30 },
    );
  });
});

/** Every descriptor that the device answers with, in the order of the description. */
async function allDescriptors(host: HostDevice): Promise<Uint8Array[]> {
  const { DEVICE, DEVICE_QUALIFIER, CONFIG, OTHER_SPEED_CONFIG, BOS } = DescriptorType;
  const count = host.descriptor.configurationCount;
  const found: (Uint8Array | undefined)[] = [];
  for (const type of [DEVICE, DEVICE_QUALIFIER, CONFIG, OTHER_SPEED_CONFIG, BOS]) {
    const each = type === CONFIG || type === OTHER_SPEED_CONFIG ? count : 1;
    for (let index = 0; index < each; index++) found.push(await getDescriptor(host, type, index));
  }
  return found.filter((bytes) => bytes !== undefined);
}

/** What the device answers to the requests of browsers and Windows, each in the order of the description. */
async function vendorDescriptors(
  host: HostDevice,
  { webUsb, microsoftOs }: GadgetDescription,
): Promise<[Uint8Array | undefined, Uint8Array[] | undefined]> {
  const ask = (recipient: number, request: number, index: number, value: number) =>
    host.controlIn({ requestType: 0xc0 | recipient, request, value, index, length: 4096 });
  const url = webUsb?.bytes && (await ask(0, webUsb.vendorCode, 2, 1));
  if (microsoftOs === undefined) return [url, undefined];
  const string = await getDescriptor(host, DescriptorType.STRING, 0xee);
  const found = [string!, await ask(0, microsoftOs.vendorCode, 4, 0)];
  for (const { interfaceNumber } of microsoftOs.interfaces)
    found.push(await ask(1, microsoftOs.vendorCode, 5, interfaceNumber));
  return [url, found];
}

/** `undefined` if the device stalls. */
async function getDescriptor(
  host: HostDevice,
  type: number,
  index: number,
  language = 0,
): Promise<Uint8Array | undefined> {
  const request = { requestType: USB_DIR_IN, request: Request.GET_DESCRIPTOR, value: (type << 8) | index };
  try {
    return await host.controlIn({ ...request, index: language, length: 4096 });
  } catch (refusal) {
    if (isKernelError(refusal, 'EPIPE')) return undefined;
    throw refusal;
  }
}
