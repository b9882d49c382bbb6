import { type Token, token } from '@gadgetloom/core';
import type { EndpointFile } from './endpoint-file.ts';
import type { Ep0File } from './ep0-file.ts';

/** Options of mount(2) for the file system type `functionfs` (f_fs.c, ffs_fs_parse_param). */
export interface MountOptions {
  /**
   * Keeps the gadget bound when the last file closes. Unbind it before ep0 is opened again: otherwise Linux 6.12.117
   * deadlocks, and probably every 6.12 since 6.12.115. 6.12.94, 6.16.3 and 7.3.4 do not.
   */
  readonly noDisconnect?: boolean;
  /** Owner of the files; 0 unless given. */
  readonly uid?: number;
  /** Group of the files; 0 unless given. */
  readonly gid?: number;
  /** Mode of the root directory, masked with 0555. */
  readonly rootMode?: number;
  /** Mode of the files, masked with 0666. */
  readonly fileMode?: number;
}

/**
 * FunctionFS: turns `ffs` functions of gadgets into files. It provides the importer port: every endpoint file is a
 * DmaBufImporter.
 */
export interface FunctionFs {
  /**
   * Mounts the instance that a gadget created as function `ffs.INSTANCE`.
   *
   * @throws KernelError ENODEV no ffs function exists at all; ENOENT no such instance; EBUSY mounted already; EPERM
   */
  mount(instance: string, options?: MountOptions): Promise<FunctionFsMount>;
}

/** A mounted instance. Disposing unmounts. */
export interface FunctionFsMount extends AsyncDisposable {
  readonly instance: string;
  /** Path of the mount. Simulated mounts have none. */
  readonly path: string | undefined;
  /** Names of the files that exist now: `ep0`, and the endpoint files once descriptors and strings were accepted. */
  files(): Promise<readonly string[]>;
  /** @throws KernelError EAGAIN (nonblock) or waits; EBUSY closing */
  openEp0(options?: OpenOptions): Promise<Ep0File>;
  /**
   * Opens `ep1`, `ep2` ... in the order of the descriptors (or `epXX` with VIRTUAL_ADDR).
   *
   * @throws KernelError ENODEV, ENOENT no such endpoint, or no descriptors yet
   */
  openEndpoint(name: string, options?: EndpointOptions): Promise<EndpointFile>;
  /** @throws KernelError EBUSY files are open */
  unmount(): Promise<void>;
}

/** Flags of open(2). */
export interface OpenOptions {
  /** O_NONBLOCK. */
  readonly nonblock?: boolean;
}

/** Options for opening an endpoint file. */
export interface EndpointOptions extends OpenOptions {
  /** {@link EndpointFile.gadgetName}; the name of the file unless given. */
  readonly gadgetName?: string;
}

/** The importer port: endpoint files are opened here. */
export const FUNCTION_FS: Token<FunctionFs> = token('@gadgetloom/functionfs:FunctionFs');
