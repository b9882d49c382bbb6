export { acmeUdc } from './acme-udc.ts';
export { AcmeUdcController } from './acme-udc-controller.ts';
