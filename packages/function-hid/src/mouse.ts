import { HidDevice } from './hid-device.ts';

const FURTHEST = 127;

/** A mouse. Its calls resolve when the host has taken the last report. */
export class Mouse extends HidDevice {
  readonly #down = new Set<number>();

  /** Moves by so many units to the right and down, in as many reports as it takes. */
  async move(x: number, y: number): Promise<void> {
    let [right, down] = [Math.round(x), Math.round(y)];
    do {
      const step = { x: clamp(right), y: clamp(down) };
      right -= step.x;
      down -= step.y;
      await this.send({ ...step, buttons: [...this.#down] });
    } while (right !== 0 || down !== 0);
  }

  /** Turns the wheel by so many notches; positive is away from the user. */
  async scroll(notches: number): Promise<void> {
    let left = Math.round(notches);
    do {
      const wheel = clamp(left);
      left -= wheel;
      await this.send({ wheel, buttons: [...this.#down] });
    } while (left !== 0);
  }

  /** Presses a button and releases it. @param button 1 (unless given) is left, 2 right, 3 the middle */
  click(button = 1): Promise<void> {
    void this.send({ buttons: [...new Set([...this.#down, button])] });
    return this.send({ buttons: [...this.#down].filter((each) => each !== button) });
  }

  /** Holds buttons down until {@link release}. */
  hold(...buttons: number[]): Promise<void> {
    const down = [...new Set([...this.#down, ...buttons])];
    const sent = this.send({ buttons: down });
    for (const button of down) this.#down.add(button);
    return sent;
  }

  /** Releases buttons, or all if none is given. */
  release(...buttons: number[]): Promise<void> {
    if (buttons.length === 0) this.#down.clear();
    for (const button of buttons) this.#down.delete(button);
    return this.send({ buttons: [...this.#down] });
  }
}

function clamp(units: number): number {
  return Math.max(-FURTHEST, Math.min(FURTHEST, units));
}
