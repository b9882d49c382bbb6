export { type BackendSpec, parseBackendSpec } from './stack/backend-spec.ts';
export { type BackendReport, probeBackends } from './stack/probe.ts';
