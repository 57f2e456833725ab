import { defineErrors } from '../../common/errors/domain-error.js';

export const CatalogErrors = defineErrors('CATALOG', {
  NOT_FOUND: { status: 404, title: 'There is no product with this SKU' },
  SKU_TAKEN: { status: 409, title: 'Another product has this SKU' },
});
