using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>
/// Sessions that read their next tokens together, whatever each has read before: a weight that comes from memory serves
/// up to 32 of them at once. Each gets the same bits as alone, token by token, and may continue alone or in another batch.
/// </summary>
/// <remarks>
/// What a server of many texts does with one model. Only the keys and values of a Transformer-XL are read so; the sessions of other kinds
/// go one after the other. One thread at a time may use a batch, and none of its sessions meanwhile.
/// </remarks>
public sealed class SessionBatch
{
    // More rows would cost working memory and gain nothing: each weight that was read is multiplied so often that the multipliers are the limit.
    private const int Together = 32;

    private static readonly ContextConfiguration NoContext = new();

    private readonly InferenceSession _like;
    private readonly InferenceEngine _engine;
    private readonly Tensor _hidden, _logits;
    private readonly int _maximum;
    private readonly KeyValueCache[][] _caches;
    private readonly CacheBatch[] _states;
    private int _count;

    /// <summary>Creates a batch for a session and its forks.</summary>
    /// <param name="session">Whose weights are used, with its backend; of one stream.</param>
    /// <param name="maximum">The most sessions of one step.</param>
    /// <exception cref="ArgumentException">The session has several streams.</exception>
    public SessionBatch(InferenceSession session, int maximum)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximum);
        if (session.Options.Streams != 1)
        {
            throw new ArgumentException($"a session of {session.Options.Streams} streams cannot be one of a batch; it must have one", nameof(session));
        }

        (_like, _engine, _maximum) = (session, session.Engine, maximum);
        _hidden = Tensor.Allocate(new Shape(maximum, session.Model.Configuration.HiddenWidth));
        _logits = Tensor.Allocate(new Shape(maximum, session.Model.Configuration.VocabularySize));
        _caches = [.. Enumerable.Range(1, Together).Select(count => new KeyValueCache[count])];
        _states = [.. _caches.Select(caches => new CacheBatch(caches))];
    }

    /// <summary>Each session reads one token.</summary>
    /// <param name="sessions">The sessions: the one that the batch was made for and forks of it, each at most once.</param>
    /// <param name="ids">The token of each.</param>
    /// <exception cref="ArgumentException">The numbers do not fit, an id is outside the vocabulary, or a session is there twice or has other weights; none has read then.</exception>
    public void Advance(ReadOnlySpan<InferenceSession> sessions, ReadOnlySpan<int> ids)
    {
        using BackendUse use = _engine.Backend.Enter();
        Check(sessions, ids);
        AdvanceAll(sessions, ids, 0);
        GC.KeepAlive(this);
    }

    /// <summary>Reserves the backends of the sessions one by one, which may be others than that of the batch; then reads.</summary>
    private void AdvanceAll(ReadOnlySpan<InferenceSession> sessions, ReadOnlySpan<int> ids, int reserved)
    {
        while (reserved < sessions.Length && sessions[reserved].Backend == _engine.Backend)
        {
            reserved++;
        }

        if (reserved < sessions.Length)
        {
            using BackendUse other = sessions[reserved].Backend.Enter();
            AdvanceAll(sessions, ids, reserved + 1);
            return;
        }

        _count = 0;
        for (int first = 0; first < sessions.Length; first += Together)
        {
            int count = Math.Min(Together, sessions.Length - first);
            if (_like.State is not KeyValueCache)
            {
                Alone(sessions.Slice(first, count), ids.Slice(first, count));
            }
            else
            {
                Read(sessions.Slice(first, count), ids.Slice(first, count));
            }

            for (int i = first; i < first + count; i++)
            {
                sessions[i].LastHidden.CopyTo(_hidden.Slice(i, 1));
            }
        }

        _count = sessions.Length;
    }

    /// <summary>The logits of the token after the last one of each session of the last step: (sessions, V), computed anew with each call; the caller may overwrite them.</summary>
    /// <exception cref="InvalidOperationException">No step was made.</exception>
    public Tensor Logits()
    {
        using BackendUse use = _engine.Backend.Enter();
        if (_count == 0)
        {
            throw new InvalidOperationException("logits were asked for before the batch has read anything");
        }

        for (int first = 0; first < _count; first += Together)
        {
            int count = Math.Min(Together, _count - first);
            _engine.Logits(_hidden.Slice(first, count), rowsAlone: true).CopyTo(_logits.Slice(first, count));
        }

        GC.KeepAlive(this);
        return _logits.Slice(0, _count);
    }

    private void Read(ReadOnlySpan<InferenceSession> sessions, ReadOnlySpan<int> ids)
    {
        KeyValueCache[] caches = _caches[sessions.Length - 1];
        for (int i = 0; i < sessions.Length; i++)
        {
            caches[i] = (KeyValueCache)sessions[i].State;
        }

        Tensor hidden = _engine.Forward(ids, _states[sessions.Length - 1], NoContext, 1);
        Tensor rows = hidden.Reshape(new Shape(sessions.Length, hidden.Shape.Columns));
        for (int i = 0; i < sessions.Length; i++)
        {
            sessions[i].TakeToken(ids[i], rows.Slice(i, 1).Span);
        }

        Array.Clear(caches);
    }

    private static void Alone(ReadOnlySpan<InferenceSession> sessions, ReadOnlySpan<int> ids)
    {
        for (int i = 0; i < sessions.Length; i++)
        {
            sessions[i].Advance(ids.Slice(i, 1), results: 1);
        }
    }

    private void Check(ReadOnlySpan<InferenceSession> sessions, ReadOnlySpan<int> ids)
    {
        if (sessions.Length != ids.Length || sessions.IsEmpty || sessions.Length > _maximum)
        {
            throw new ArgumentException($"{sessions.Length} sessions and {ids.Length} ids were given, but from 1 to {_maximum} of each are needed", nameof(sessions));
        }

        int vocabulary = _logits.Shape[1];
        for (int i = 0; i < sessions.Length; i++)
        {
            if ((uint)ids[i] >= (uint)vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), $"id {ids[i]} is outside the vocabulary of {vocabulary}");
            }

            if (sessions[i] is not { } session || !session.SharesWeightsWith(_like) || session.Engine.Backend.Name != _engine.Backend.Name)
            {
                throw new ArgumentException($"session {i} is not the one that the batch was made for, nor a fork of it with its instruction set", nameof(sessions));
            }

            for (int j = 0; j < i; j++)
            {
                if (sessions[j] == session)
                {
                    throw new ArgumentException($"sessions {j} and {i} are the same", nameof(sessions));
                }
            }
        }
    }
}
