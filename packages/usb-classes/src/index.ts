export * as cdcAcm from './cdc-acm/index.ts';
export * as hid from './hid/index.ts';
export * as massStorage from './mass-storage/index.ts';
export * as sourceSink from './source-sink/index.ts';
