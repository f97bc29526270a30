using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Sessions of one model and size. Those that are given back are used again, so that native memory does not wait for the garbage collector.
/// It is used on the scheduler's thread only.
/// </summary>
internal sealed class SessionPool
{
    private readonly LanguageModel _model;
    private readonly InferenceSession? _empty;
    private readonly Stack<InferenceSession> _free = new();
    private readonly int _kept;

    /// <param name="model">The weights.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="options">The sizes.</param>
    /// <param name="kept">How many free sessions are kept.</param>
    public SessionPool(LanguageModel model, Backend backend, InferenceOptions options, int kept) =>
        (_model, _empty, _kept) = (model, model.Configuration.IsCausal ? InferenceSession.Create(model, backend, options) : null, kept);

    /// <summary>Whether the model reads from left to right, so that it has sessions.</summary>
    public bool HasSessions => _empty is not null;

    /// <summary>A session that stays empty; its forks share the weights.</summary>
    /// <exception cref="InputException">The model reads in both directions.</exception>
    public InferenceSession Empty => _empty ?? throw Refusal();

    /// <summary>Bytes of one session; 0 where there are none.</summary>
    public long SessionBytes => _empty?.MemoryBytes ?? 0;

    /// <summary>A session that has read nothing.</summary>
    public InferenceSession Rent()
    {
        if (!_free.TryPop(out InferenceSession? session))
        {
            return Empty.Fork();
        }

        session.Reset();
        return session;
    }

    /// <summary>A session that remembers what another one does.</summary>
    public InferenceSession RentCopy(InferenceSession original)
    {
        InferenceSession copy = _free.TryPop(out InferenceSession? session) ? session : Empty.Fork();
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

    private InputException Refusal() => LanguageModel.NotCausal(_model.Configuration, "generate a text or read one from left to right");
}
