export { type AcmeEchoOptions, acmeEcho, RECORD, runAcmeEcho } from './acme-echo.ts';
