import { counter } from '../telemetry/instruments.js';

export const authValidations = counter({
  name: 'auth_validations_total',
  help: 'Access tokens that were checked, by the module whose route was asked for',
  labels: ['result'],
});
