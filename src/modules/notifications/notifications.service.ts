import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Not, type Repository } from 'typeorm';
import { z } from 'zod';
import { decodeCursor, type Page, toPage } from '../../common/http/paging.js';
import { isStaff, type Principal } from '../../common/security/principal.js';
import { NotificationErrors } from './notifications.errors.js';
import { toDto } from './notifications.dto.js';
import type { ListQuery, NotificationDto } from './notifications.schemas.js';
import { Notification } from './persistence/notification.entity.js';

type Shown = Notification & { status: NotificationDto['status'] };
const Cursor = z.tuple([z.uuid()]);

/** What was sent, for those whom it concerns. */
@Injectable()
export class NotificationsService {
  constructor(
    @InjectRepository(Notification, 'notifications') private readonly notifications: Repository<Notification>,
  ) {}

  /** Newest first. A customer sees their own, whatever the filter says. */
  async list(principal: Principal, query: ListQuery): Promise<Page<NotificationDto>> {
    const { limit, cursor, userId, orderId, type, status } = query;
    const list = this.notifications
      .createQueryBuilder('n')
      .orderBy('n.id', 'DESC')
      .limit(limit + 1);
    if (status === undefined) list.where("n.status <> 'queued'");
    else list.where('n.status = :status', { status });
    if (!isStaff(principal)) list.andWhere('n.user_id = :own', { own: principal.userId });
    if (userId !== undefined) list.andWhere('n.user_id = :userId', { userId });
    if (orderId !== undefined) list.andWhere('n.order_id = :orderId', { orderId });
    if (type !== undefined) list.andWhere('n.type = :type', { type });
    if (cursor !== undefined) list.andWhere('n.id < :before', { before: decodeCursor(cursor, Cursor)[0] });
    const rows = (await list.getMany()) as Shown[];
    return toPage(rows, limit, (row) => [row.id], toDto);
  }

  async get(principal: Principal, id: string): Promise<NotificationDto> {
    const row = await this.notifications.findOneBy({ id, status: Not('queued') });
    if (!row || !(isStaff(principal) || row.userId === principal.userId))
      throw NotificationErrors.NOT_FOUND();
    return toDto(row as Shown);
  }
}
