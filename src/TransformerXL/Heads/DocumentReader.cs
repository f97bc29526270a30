using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Heads;

/// <summary>
/// Reads documents side by side, segment by segment, with the memory as in training and in constant memory. A document has the same bits alone and
/// beside others.
/// </summary>
internal sealed class DocumentReader
{
    private readonly LanguageModel _model;
    private readonly ContextConfiguration _context;
    private readonly ModelState _state;

    /// <param name="model">The model.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="streams">B.</param>
    /// <param name="weights">Prepared weights, if those of the model stay as they are; null in training.</param>
    public DocumentReader(LanguageModel model, Backend backend, ContextConfiguration context, int streams, PreparedWeights? weights = null)
    {
        (_model, _context, Streams) = (model, context, streams);
        Tape = weights is not null && model is EncoderModel ? new Tape(backend, weights) { AsInTraining = true } : new Tape(backend, weights?.Precision ?? Precision.Float32);
        _state = model.CreateState(context.MemoryLength, streams);
    }

    /// <summary>B.</summary>
    public int Streams { get; }

    /// <summary>What the states of the last segment are on.</summary>
    public Tape Tape { get; }

    /// <summary>Whether segments must have all rows: positions are counted from the end of a segment.</summary>
    public static bool FillsSegments(LanguageModel model) => model.Configuration.Family.FillsSegments;

    /// <summary>Goes on with other documents.</summary>
    public void Clear()
    {
        using BackendUse use = Tape.Backend.Enter();
        _state.Clear();
    }

    /// <inheritdoc cref="ModelState.EndPair"/>
    public void EndPair()
    {
        using BackendUse use = Tape.Backend.Enter();
        _state.EndPair();
    }

    /// <summary>The hidden states of the next segment: (T, B, d), valid until the next call.</summary>
    /// <param name="ids">(T, B).</param>
    /// <param name="lengths">(B): tokens of each stream.</param>
    public Variable Read(ReadOnlySpan<int> ids, int[] lengths)
    {
        Tape.BeginEvaluation();
        _state.Lengths = lengths;
        Variable states = _model.Forward(Tape, Tape.Allocate(ids), _state, _context, default);
        GC.KeepAlive(this);
        return states;
    }

    /// <summary>Reads whole documents and gives the states of each segment.</summary>
    /// <param name="ids">(T, B), negative after a document.</param>
    /// <param name="take">Takes the states of a segment and the tokens of each stream in it.</param>
    public void ReadAll(ReadOnlySpan<int> ids, Action<Variable, int[]> take)
    {
        DocumentLengths lengths = new(DocumentLengths.Count(ids, Streams), _context.TargetLength, FillsSegments(_model));
        Clear();
        for (int segment = 0; segment < lengths.Segments; segment++)
        {
            int[] own = lengths.LengthsOf(segment);
            take(Read(lengths.IdsOf(ids, segment), own), own);
        }
    }
}
