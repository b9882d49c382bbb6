export { acmeUdc } from './acme-udc.ts';
export { AcmeUdcController, type AcmeUdcControllerOptions } from './acme-udc-controller.ts';
