import { describe, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { CcidDefinition, DfuDefinition, HidDefinition } from './class-definition.ts';
import type * as typescript from './definition.ts';
import type { endpoint } from './endpoint-schema.ts';
import type {
  AssociationDefinition,
  InterfaceMicrosoftOs,
  MicrosoftOsDefinition,
  WebUsbDefinition,
} from './host-definition.ts';
import type { gadgetSchema } from './schema.ts';

/** Fields of a type; of a union, those of all its members. */
type Fields<T> = T extends unknown ? keyof T : never;

type Gadget = z.input<typeof gadgetSchema>;
type Function = Gadget['functions'][string];
type ProgramFunction = Exclude<Function, { kernel: string } | { use: string }>;
type KernelFunction = Exclude<Extract<Function, { kernel: string }>, { use: string }>;
type Interface = NonNullable<ProgramFunction['interfaces']>[string];
type Endpoint<T> = Extract<z.input<typeof endpoint>, { type: T }>;
type Periodic = 'interrupt' | 'isochronous';
type Speed = 'full' | 'high' | 'super';

// The compiler is the judge of these: `tsc -b` fails if they do not hold.
describe('a gadget has the same fields in a file as in TypeScript:', () => {
  it('the device', () => {
    expectTypeOf<Fields<Gadget>>().toEqualTypeOf<Fields<typescript.GadgetDefinition>>();
    expectTypeOf<Fields<NonNullable<Gadget['configurations']>[string]>>().toEqualTypeOf<
      Fields<typescript.ConfigurationDefinition>
    >();
  });

  it('functions and interfaces', () => {
    expectTypeOf<Exclude<Fields<ProgramFunction>, 'kernel'>>().toEqualTypeOf<
      Exclude<Fields<typescript.ProgramFunction>, symbol>
    >();
    expectTypeOf<Fields<KernelFunction>>().toEqualTypeOf<Fields<typescript.KernelFunction>>();
    expectTypeOf<Fields<Interface>>().toEqualTypeOf<Fields<typescript.InterfaceDefinition>>();
    expectTypeOf<Fields<NonNullable<Interface['alternates']>[number]>>().toEqualTypeOf<
      Fields<typescript.AlternateDefinition>
    >();
  });

  it('descriptors of classes', () => {
    expectTypeOf<Fields<NonNullable<Interface['hid']>>>().toEqualTypeOf<Fields<HidDefinition>>();
    expectTypeOf<Fields<NonNullable<Interface['dfu']>>>().toEqualTypeOf<Fields<DfuDefinition>>();
    expectTypeOf<Fields<NonNullable<NonNullable<Interface['dfu']>['attributes']>>>().toEqualTypeOf<
      Fields<NonNullable<DfuDefinition['attributes']>>
    >();
    expectTypeOf<Fields<NonNullable<Interface['ccid']>>>().toEqualTypeOf<Fields<CcidDefinition>>();
  });

  it('what browsers and Windows are told', () => {
    expectTypeOf<Fields<NonNullable<ProgramFunction['association']>>>().toEqualTypeOf<Fields<AssociationDefinition>>();
    expectTypeOf<Fields<NonNullable<Gadget['webUsb']>>>().toEqualTypeOf<Fields<WebUsbDefinition>>();
    expectTypeOf<Fields<NonNullable<Gadget['microsoftOs']>>>().toEqualTypeOf<Fields<MicrosoftOsDefinition>>();
    expectTypeOf<Fields<NonNullable<Interface['microsoftOs']>>>().toEqualTypeOf<Fields<InterfaceMicrosoftOs>>();
  });

  it('endpoints', () => {
    expectTypeOf<Fields<Endpoint<'bulk'>>>().toEqualTypeOf<Fields<typescript.BulkEndpoint>>();
    expectTypeOf<Fields<Endpoint<'interrupt'>>>().toEqualTypeOf<Fields<typescript.InterruptEndpoint>>();
    expectTypeOf<Fields<Endpoint<'isochronous'>>>().toEqualTypeOf<Fields<typescript.IsochronousEndpoint>>();
  });

  it('what differs at a speed', () => {
    type InFile<S extends Speed> = Fields<NonNullable<Endpoint<Periodic>[S]>>;
    type InProgram<S extends Speed> = Fields<NonNullable<typescript.PeriodicOptions[S]>>;
    expectTypeOf<InFile<'full'>>().toEqualTypeOf<InProgram<'full'>>();
    expectTypeOf<InFile<'high'>>().toEqualTypeOf<InProgram<'high'>>();
    expectTypeOf<InFile<'super'>>().toEqualTypeOf<InProgram<'super'>>();
    expectTypeOf<Fields<NonNullable<Endpoint<'bulk'>['full']>>>().toEqualTypeOf<
      Fields<NonNullable<typescript.BulkEndpoint['full']>>
    >();
  });
});
