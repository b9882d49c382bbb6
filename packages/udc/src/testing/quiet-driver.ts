import type { SetupPacket, UsbSpeed } from '../chapter9.ts';
import type { GadgetDriver } from '../gadget-controller.ts';

/** A gadget driver that records its calls. */
export class QuietDriver implements GadgetDriver {
  readonly function = 'quiet';
  maxSpeed: UsbSpeed = 'super';
  /** `'setup 9'`, `'reset'`, `'suspend'` ... */
  readonly told: string[] = [];
  /** Answers control requests. It accepts all of them unless replaced. */
  onSetup: (setup: SetupPacket) => number = () => 0;

  setup(setup: SetupPacket): number {
    this.told.push(`setup ${setup.request}`);
    return this.onSetup(setup);
  }

  disconnect(): void {
    this.told.push('disconnect');
  }

  reset(): void {
    this.told.push('reset');
  }

  suspend(): void {
    this.told.push('suspend');
  }

  resume(): void {
    this.told.push('resume');
  }
}
