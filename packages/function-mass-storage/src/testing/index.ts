export { storageHost, storagePipes } from './storage-host.ts';
