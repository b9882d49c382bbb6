import { guestCommand } from './guest-command.ts';
import { HAZARD_DEMONSTRATIONS, type Hazard, shows } from './hazards.ts';
import { buildGuestPrograms } from './host-programs.ts';
import { LabError } from './lab-error.ts';
import { type KernelName, openMachine } from './machine/open-machine.ts';
import { judge, type Sum } from './suite-verdict.ts';

/** Seconds until a kernel that says nothing counts as hung: many times what the sequence takes. */
const PATIENCE = 40;

/** Lines of the kernel's story that are worth reading. */
const STORY = 30;

export interface DemonstrationOptions {
  readonly repository: string;
  readonly say: (line: string) => void;
  readonly print: (line: string) => void;
}

/** The hazard of that name, if the kernel shows it. @throws LabError if there is none, or it does not */
export function findHazard(name: string, kernel: KernelName): Hazard {
  const hazard = HAZARD_DEMONSTRATIONS.find((each) => each.name === name);
  if (hazard === undefined) {
    const names = HAZARD_DEMONSTRATIONS.map((each) => each.name).join(', ');
    throw new LabError(`There is no hazard "${name}". The hazards are ${names}.`);
  }
  if (hazard.seen[kernel] === undefined) {
    throw new LabError(
      `The hazard "${name}" does not show on ${kernel}, but on ${Object.keys(hazard.seen).join(', ')}.`,
    );
  }
  return hazard;
}

/**
 * Shows a hazard: first what the kernel does when it is met by raw system calls, in a guest that may die of it, then in
 * another guest that the backend refuses to do the same, if there is a guard. Two checks: the kernel did what it was seen
 * to do, the guard refused and the kernel was content.
 */
export async function demonstrateHazard(
  { name, sequence, seen, unguarded }: Hazard,
  kernel: KernelName,
  { repository, say, print }: DemonstrationOptions,
): Promise<Sum> {
  const machine = await openMachine(kernel, say);
  await buildGuestPrograms(repository, machine.architecture);
  const symptom = seen[kernel]!;
  print(`${name}: ${sequence}`);
  print(`with raw system calls, on ${machine.description}:`);
  const harmed = await machine.run({
    command: `exec /repository/tools/kernel-lab/out/${machine.architecture}/hazard ${name}`,
    repository,
    timeout: PATIENCE,
    print: (line) => print(`  ${line}`),
  });
  for (const line of harmed.faults.slice(0, STORY)) print(`  ${line}`);
  if (harmed.hung) print(`  the guest said nothing more, and was stopped after ${harmed.duration.toFixed(0)} s`);
  const shown = shows(symptom, harmed);
  print(shown ? 'ok the kernel did what it was seen to do' : `FAILED the kernel did not do what it was seen to do`);
  if (unguarded) return { passed: Number(shown), guarded: 0, failed: Number(!shown) };
  print('through the Linux backend:');
  const printed: string[] = [];
  const guarded = await machine.run({
    command: guestCommand(machine, 'guards', ['--helper', '/tmp/programs/usbfs-host', '--only', name]),
    repository,
    timeout: PATIENCE,
    print: (line) => {
      printed.push(line);
      print(`  ${line}`);
    },
  });
  const verdict = judge(printed, guarded);
  for (const trouble of verdict.troubles) print(`FAILED ${trouble}`);
  const refused = verdict.failed === 0;
  print(refused ? 'ok the guard refused, and the kernel was content' : 'FAILED the guard did not refuse');
  const passed = Number(shown) + Number(refused);
  return { passed, guarded: 0, failed: 2 - passed };
}
