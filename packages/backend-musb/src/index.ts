export {
  hardwareVersion,
  OMAP3_SILICON,
  type RegisterSpace,
  type SiliconConfiguration,
} from './registers/register-space.ts';
