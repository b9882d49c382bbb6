/** tsyringe refuses to load without Reflect.getMetadata: import this module before it. */
import 'reflect-metadata';
