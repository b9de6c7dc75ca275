// #region activity
import { track } from '@cairn/node'
import { withActivity } from '@cairn/node/next'
import { after, NextResponse, type NextRequest } from 'next/server'

const user = (request: NextRequest) => request.cookies.get('user')?.value
const session = (request: NextRequest) => request.headers.get('x-session')

export const POST = withActivity(
  async (request: NextRequest, { params }: { params: Promise<{ id: string }> }) => {
    const { id } = await params
    const { rooms, price } = await request.json()
    track('order_placed', {
      userId: user(request),
      sessionId: session(request) ?? undefined,
      entityType: 'house',
      entityId: id,
      metadata: { rooms, price, currency: 'EUR' },
    })
    return NextResponse.json({ ok: true }, { status: 201 })
  },
  { user, session, after },
)
// #endregion
