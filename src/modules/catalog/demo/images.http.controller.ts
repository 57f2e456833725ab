import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../../common/security/principal.js';
import { CatalogErrors } from '../catalog.errors.js';
import { pictureOf } from './pictures.js';

/** The pictures of the demo products. They change with a release at most. */
@ApiExcludeController()
@Controller('images/products')
export class ImagesHttpController {
  @Get(':file')
  @Public()
  @Header('Content-Type', 'image/svg+xml; charset=utf-8')
  @Header('Cache-Control', 'public, max-age=604800, immutable')
  @Header('Content-Security-Policy', "default-src 'none'; sandbox")
  @Header('Cross-Origin-Resource-Policy', 'cross-origin')
  @Header('X-Content-Type-Options', 'nosniff')
  get(@Param('file') file: string): string {
    const picture = pictureOf(file);
    if (picture === undefined) throw CatalogErrors.NOT_FOUND('There is no such picture');
    return picture;
  }
}
