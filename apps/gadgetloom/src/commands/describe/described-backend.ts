import type { Resolver } from '@gadgetloom/core';
import { composePieces, type DescribeOptions } from '@gadgetloom/gadget';
import { GADGET_CONTROLLER, USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { backendOption } from '../../backend-option.ts';
import { knownBackends } from '../../backends.ts';

type DescribedController = NonNullable<DescribeOptions['controller']>;

/** A backend, and its controller as `describeGadget` takes it. */
export interface DescribedBackend {
  readonly backend: string;
  readonly controller: DescribedController;
}

/** The backend that `--backend` names, or else GADGETLOOM_BACKEND. */
export async function describedBackend(
  text: string | undefined,
  controllerName: string | undefined,
): Promise<DescribedBackend> {
  const backends = knownBackends(controllerName === undefined ? {} : { controller: controllerName });
  const backend = backendOption(text, backends);
  await using pieces = await composePieces({ backends, backend }, [USB_DEVICE_CONTROLLER]);
  return { backend: pieces.backend ?? '', controller: describedController(pieces) };
}

/** The controller of a backend. The result holds values only, so the pieces may be closed before it is used. */
export function describedController(pieces: Resolver): DescribedController {
  const { name, features } = pieces.resolve(USB_DEVICE_CONTROLLER);
  if (!pieces.isRegistered(GADGET_CONTROLLER)) return { name, features };
  const { lpmCapable, linkPower, wakeupCapable, setRemoteWakeup } = pieces.resolve(GADGET_CONTROLLER);
  return {
    name,
    features,
    hardware: {
      ...(lpmCapable !== undefined && { lpmCapable }),
      ...(linkPower !== undefined && { linkPower }),
      ...(wakeupCapable !== undefined && { wakeupCapable }),
      ...(setRemoteWakeup !== undefined && { setRemoteWakeup }),
    },
  };
}
