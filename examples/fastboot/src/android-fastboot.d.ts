/** What the test uses of android-fastboot, which has no types. */
declare module 'android-fastboot' {
  export class FastbootDevice {
    connect(): Promise<void>;
    getVariable(name: string): Promise<string | null>;
    runCommand(command: string): Promise<{ text: string }>;
    upload(partition: string, data: ArrayBuffer): Promise<void>;
    flashBlob(partition: string, blob: Blob): Promise<void>;
    reboot(target?: string): Promise<void>;
  }
}
