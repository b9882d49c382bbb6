export * as cdcAcm from './cdc-acm/index.ts';
