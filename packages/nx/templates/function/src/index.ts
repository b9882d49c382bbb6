export { AcmeEchoRequest, acmeEcho } from './acme-echo.ts';
