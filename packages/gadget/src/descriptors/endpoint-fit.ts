import type { ControllerFeatures, EndpointLimits } from '@gadgetloom/udc';
import type { EndpointDefinition, GadgetDefinition } from '../definition/definition.ts';
import {
  configurationsOf,
  functionEndpoints,
  isKernelFunction,
  type PlacedEndpoint,
} from '../definition/gadget-parts.ts';
import type { Problem } from '../definition/problem.ts';
import { endpointAtSpeed } from './endpoint-descriptors.ts';
import { type DescribedSpeed, reachableSpeeds, speedName } from './speed.ts';

/** The parts of a controller that the check uses: its name and its capabilities. */
export interface ControllerLimits {
  /** `'dummy_udc.0'`. */
  readonly name: string;
  readonly features: ControllerFeatures;
}

interface Wanted {
  readonly function: string;
  readonly endpoint: PlacedEndpoint;
}

/**
 * Returns the endpoints that the controller has no room for. As in the kernel, each endpoint of a configuration takes
 * the first free one that fits (usb_ep_autoconfig in epautoconf.c, which f_fs.c calls with the descriptors for full
 * speed). That one must also carry the packets of faster speeds. Controllers that do not list their endpoints pass.
 */
export function fitProblems(gadget: GadgetDefinition, { name, features }: ControllerLimits): Problem[] {
  const { endpoints, maximumSpeed } = features;
  if (endpoints === undefined) return [];
  const speeds = reachableSpeeds(gadget, maximumSpeed);
  const problems: Problem[] = [];
  for (const { definition } of configurationsOf(gadget)) {
    const free = [...endpoints];
    for (const wanted of wantedBy(gadget, definition.functions)) {
      const index = free.findIndex((limits) => carries(limits, wanted.endpoint.definition, 'full'));
      const problem = (message: string): Problem => ({ path: wanted.endpoint.path, at: 'value', message });
      if (index < 0) {
        problems.push(problem(`${title(wanted)} has no place on the controller ${name}: ${offer(endpoints, wanted)}`));
        continue;
      }
      const [chosen] = free.splice(index, 1);
      for (const speed of speeds) {
        const { packetSize } = endpointAtSpeed(wanted.endpoint.definition, speed);
        if (packetSize <= chosen!.maxPacketLimit) continue;
        const message =
          `${title(wanted)} has packets of ${packetSize} bytes at ${speedName(speed)}; ` +
          `the controller ${name} would take ${chosen!.name} for it, which takes ${chosen!.maxPacketLimit}.`;
        problems.push(problem(message));
        break;
      }
    }
  }
  // A function that is in several configurations is tried in each.
  return problems.filter(({ message }, index) => problems.findIndex((other) => other.message === message) === index);
}

function wantedBy(gadget: GadgetDefinition, functions: readonly string[]): Wanted[] {
  return functions.flatMap((name) => {
    const definition = gadget.functions[name]!;
    if (isKernelFunction(definition)) return [];
    return functionEndpoints(definition, ['functions', name]).map((endpoint) => ({ function: name, endpoint }));
  });
}

function carries(limits: EndpointLimits, definition: EndpointDefinition, speed: DescribedSpeed): boolean {
  return suits(limits, definition) && endpointAtSpeed(definition, speed).packetSize <= limits.maxPacketLimit;
}

/** Compares type and direction. Bulk endpoints also carry interrupt transfers (usb_gadget_ep_match_desc). */
function suits({ capabilities }: EndpointLimits, { type, direction }: EndpointDefinition): boolean {
  return capabilities[direction] && (capabilities[type] || (type === 'interrupt' && capabilities.bulk));
}

function title({ function: name, endpoint }: Wanted): string {
  const { type, direction } = endpoint.definition;
  return `endpoint "${name}.${endpoint.name}" (${type} ${direction.toUpperCase()})`;
}

function offer(endpoints: readonly EndpointLimits[], { endpoint }: Wanted): string {
  const suitable = endpoints.filter((limits) => suits(limits, endpoint.definition));
  const { type, direction } = endpoint.definition;
  const kind = `${type} ${direction.toUpperCase()}`;
  if (suitable.length === 0)
    return `it has no endpoint for ${kind}; it has ${endpoints.map(shownLimits).join(', ') || 'none at all'}.`;
  const { packetSize } = endpointAtSpeed(endpoint.definition, 'full');
  const large = suitable.filter(({ maxPacketLimit }) => maxPacketLimit >= packetSize);
  if (large.length === 0)
    return `none of its endpoints for ${kind} takes ${packetSize} bytes; it has ${suitable.map(shownLimits).join(', ')}.`;
  const count = large.length === 1 ? 'its one endpoint' : `all of its ${large.length} endpoints`;
  return `${count} for ${kind} ${large.length === 1 ? 'is' : 'are'} taken (${large.map((one) => one.name).join(', ')}).`;
}

/** `ep1in (bulk or interrupt IN, 512 bytes)`. */
function shownLimits({ name, capabilities, maxPacketLimit }: EndpointLimits): string {
  const types = (['isochronous', 'bulk', 'interrupt'] as const).filter((type) => capabilities[type]);
  const directions = (['in', 'out'] as const).filter((direction) => capabilities[direction]);
  return `${name} (${types.join(' or ')} ${directions.join(' or ').toUpperCase()}, ${maxPacketLimit} bytes)`;
}
