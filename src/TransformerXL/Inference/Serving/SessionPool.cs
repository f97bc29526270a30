using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Sessions of one model and size. Those that are given back are used again, so that native memory does not wait for the garbage collector.
/// It is used on the scheduler's thread only.
/// </summary>
internal sealed class SessionPool
{
    private readonly InferenceSession _empty;
    private readonly Stack<InferenceSession> _free = new();
    private readonly int _kept;

    /// <param name="model">The weights.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="options">The sizes.</param>
    /// <param name="kept">How many free sessions are kept.</param>
    public SessionPool(LanguageModel model, Backend backend, InferenceOptions options, int kept) =>
        (_empty, _kept) = (InferenceSession.Create(model, backend, options), kept);

    /// <summary>A session that stays empty; its forks share the weights.</summary>
    public InferenceSession Empty => _empty;

    /// <summary>Bytes of one session.</summary>
    public long SessionBytes => _empty.MemoryBytes;

    /// <summary>A session that has read nothing.</summary>
    public InferenceSession Rent()
    {
        if (!_free.TryPop(out InferenceSession? session))
        {
            return _empty.Fork();
        }

        session.Reset();
        return session;
    }

    /// <summary>A session that remembers what another one does.</summary>
    public InferenceSession RentCopy(InferenceSession original)
    {
        InferenceSession copy = _free.TryPop(out InferenceSession? session) ? session : _empty.Fork();
        copy.Assign(original);
        return copy;
    }

    public void Return(InferenceSession session)
    {
        if (_free.Count < _kept)
        {
            _free.Push(session);
        }
    }
}
