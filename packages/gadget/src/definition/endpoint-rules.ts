import { endpointAtSpeed } from '../descriptors/endpoint-descriptors.ts';
import { intervalRange } from '../descriptors/interval.ts';
import { BURST_PACKET, PACKET_LIMITS, SMALLEST_WITH_TRANSACTIONS } from '../descriptors/packet-limits.ts';
import { type DescribedSpeed, speedName } from '../descriptors/speed.ts';
import type { InterruptEndpoint, IsochronousEndpoint } from './definition.ts';
import type { PlacedEndpoint } from './gadget-parts.ts';
import type { FieldPath, Problem } from './problem.ts';

/**
 * Returns the fields of an endpoint that break the specifications. Fields for all speeds must fit the fastest speed;
 * the descriptors of slower speeds are reduced to their limits.
 *
 * @param speeds the speeds that the gadget has descriptors for; empty if they are not known
 */
export function endpointProblems(
  { name, definition, path }: PlacedEndpoint,
  speeds: readonly DescribedSpeed[],
): Problem[] {
  if (definition.type === 'bulk' || speeds.length === 0) return [];
  const problem = (field: FieldPath, message: string): Problem => ({
    path: [...path, ...field],
    at: 'value',
    message: `endpoint "${name}" is ${definition.type}${message}`,
  });
  return [
    ...packetSizeProblems(definition, speeds, problem),
    ...intervalProblems(definition, speeds, problem),
    ...transactionProblems(definition, speeds, problem),
    ...burstProblems(definition, speeds, problem),
  ];
}

type Periodic = InterruptEndpoint | IsochronousEndpoint;
type Report = (field: FieldPath, message: string) => Problem;

/** Messages name high speed, because it has the limits of super speed and is better known. */
function measure(speeds: readonly DescribedSpeed[]): DescribedSpeed {
  return speeds.includes('high') ? 'high' : 'full';
}

function packetSizeProblems(definition: Periodic, speeds: readonly DescribedSpeed[], report: Report): Problem[] {
  const problems: Problem[] = [];
  const check = (bytes: number | undefined, speed: DescribedSpeed, field: FieldPath) => {
    const limit = PACKET_LIMITS[definition.type][speed];
    if (bytes === undefined || bytes <= limit.bytes) return;
    const message = ` with ${bytes} bytes; at ${speedName(speed)} the limit is ${limit.bytes} (${limit.source}).`;
    problems.push(report(field, message));
  };
  check(definition.packetSize, measure(speeds), ['packetSize']);
  for (const speed of speeds) check(definition[speed]?.packetSize, speed, [speed, 'packetSize']);
  return problems;
}

function intervalProblems(definition: Periodic, speeds: readonly DescribedSpeed[], report: Report): Problem[] {
  const problems: Problem[] = [];
  const check = (interval: number | undefined, speed: DescribedSpeed, field: FieldPath) => {
    const { shortest, longest } = intervalRange(definition.type, speed);
    if (interval === undefined || (interval >= shortest && interval <= longest)) return;
    const found = ` with an interval of ${interval} ms`;
    const allowed = `${speedName(speed)} can do ${shortest} to ${longest} ms (USB 2.0, 9.6.6)`;
    problems.push(report(field, `${found}; ${allowed}.`));
  };
  check(definition.interval, measure(speeds), ['interval']);
  for (const speed of speeds) check(definition[speed]?.interval, speed, [speed, 'interval']);
  return problems;
}

function transactionProblems(definition: Periodic, speeds: readonly DescribedSpeed[], report: Report): Problem[] {
  if (!speeds.includes('high')) return [];
  const { packetSize, transactions } = endpointAtSpeed(definition, 'high');
  const smallest = SMALLEST_WITH_TRANSACTIONS[transactions] ?? 1;
  if (packetSize >= smallest) return [];
  const field = definition.high?.transactions === undefined ? ['transactions'] : ['high', 'transactions'];
  const found = ` with ${transactions} transactions of ${packetSize} bytes per microframe`;
  const allowed = `that many need packets of ${smallest} to 1024 bytes (USB 2.0, table 9-14)`;
  return [report(field, `${found}; ${allowed}.`)];
}

function burstProblems(definition: Periodic, speeds: readonly DescribedSpeed[], report: Report): Problem[] {
  if (!speeds.includes('super')) return [];
  const { packetSize, burst } = endpointAtSpeed(definition, 'super');
  if (burst === 1 || packetSize === BURST_PACKET) return [];
  const field = definition.super?.burst === undefined ? ['burst'] : ['super', 'burst'];
  const found = ` with bursts of ${burst} packets of ${packetSize} bytes`;
  return [report(field, `${found}; packets of a burst have to be ${BURST_PACKET} bytes (USB 3.2, 9.6.6).`)];
}
