using TransformerXL.Models.Families;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The language model of Dai et al. 2019, "Transformer-XL: Attentive Language Models Beyond a Fixed-Length Context":
/// layers of attention over the segment and over the hidden states remembered from earlier segments; and those it is
/// compared with, which differ in how they know positions.
/// </summary>
public sealed class TransformerXLModel : LanguageModel
{
    private readonly AttentionFamily _family;
    private readonly Sinusoids? _sinusoids;
    private readonly InputPositions? _positions;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public TransformerXLModel(AttentionConfiguration configuration, ulong seed = 1)
        : this(configuration, seed, dry: false)
    {
    }

    internal TransformerXLModel(AttentionConfiguration configuration, ulong seed, bool dry)
        : base(configuration, seed, dry)
    {
        configuration = Configuration;
        _family = (AttentionFamily)configuration.Family;
        SharedParameters shared = _family.CreateShared(configuration, Parameters);
        Embedding = new InputEmbedding(configuration, new Clusters(configuration), Parameters);
        Layers = [.. Enumerable.Range(0, configuration.Layers).Select(layer => CreateLayer(() => new DecoderLayer(configuration, Parameters, shared, layer)))];
        FinalNorm = configuration.FinalNorm ? new LayerNorm(configuration, Parameters, "final_norm") : null;
        Softmax = new OutputSoftmax(configuration, Embedding, Parameters);
        _sinusoids = _family.ProjectsRelativeRows ? new Sinusoids(configuration.ModelSize) : null;
        _positions = _family.CreatePositions(configuration, shared);
    }

    /// <inheritdoc/>
    public override AttentionConfiguration Configuration => (AttentionConfiguration)base.Configuration;

    internal IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>The LayerNorm after the layers, or null.</summary>
    internal LayerNorm? FinalNorm { get; }

    /// <inheritdoc/>
    public override HiddenMemory CreateState(int memoryLength, int streams) => new(Configuration.Layers, memoryLength, streams, Configuration.ModelSize);

    private protected override Variable ForwardCore(
        Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results, HiddenCapture? capture) =>
        Forward(tape, ids, state, context, dropout, results, null, capture);

    /// <summary>The forward pass, seen by a trace.</summary>
    internal Variable Forward(Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results, ForwardTrace? trace, HiddenCapture? capture = null)
    {
        HiddenMemory? memory = state as HiddenMemory;
        IAttentionCache? cache = state as IAttentionCache;
        int tokens = ids.Count / state.Streams, memoryRows = memory?.RowsRead ?? 0, keys = memoryRows + tokens;
        // Sinusoids of positions are added before dropout.
        Variable h = Embedding.Forward(tape, ids, state, _family.DropsAfterPositions ? 0 : dropout.Hidden);
        Variable? r = _sinusoids is null || cache is not null ? null : tape.Dropout(tape.Constant(_sinusoids.Descending(keys, context.ClampLength)), dropout.Hidden);
        LayerPass pass = new(r, cache, memoryRows, keys, context, Configuration.PreNorm, dropout, state.Lengths, memory?.LearnsFrom == tape);
        cache?.Begin(tokens);
        for (int n = 0; n < Layers.Count; n++)
        {
            trace?.Hidden[n] = h.Value;
            capture?.Take(n, h.Value);
            BeginLayer(tape, n);
            (Variable x, Variable tilde) = cache is not null ? (h, h) : Enter(tape, n, h, memory, pass);
            h = tape.Recomputes ? Recompute(tape, Layers[n], x, tilde, pass, tokens) : Layers[n].Forward(tape, x, tilde, pass, n == Layers.Count - 1 ? results : tokens, trace?.Attention[n]);
        }

        cache?.End(tokens);
        h = FinalNorm is null ? h : FinalNorm.Forward(tape, h);
        h = tape.Dropout(h, dropout.Hidden);
        trace?.Hidden[Layers.Count] = h.Value;
        capture?.Take(Layers.Count, h.Value);
        return h;
    }

    private static Variable Recompute(Tape tape, DecoderLayer layer, Variable x, Variable context, LayerPass pass, int tokens) =>
        tape.Recompute(x, input => layer.Forward(tape, input, context, pass, tokens, null));

    /// <summary>What enters a layer, h with its positions and h~ = [SG(m); h] with theirs; the memory then ends with h.</summary>
    private (Variable Input, Variable Context) Enter(Tape tape, int layer, Variable h, HiddenMemory? memory, in LayerPass pass)
    {
        Variable? past = pass.MemoryRows > 0 ? memory!.Past(tape, layer) : null, states = past, positions = _positions?.Segment(tape, layer, pass);
        Variable x = h;
        if (positions is not null)
        {
            x = tape.AddRows(h, positions);
            x = _family.DropsAfterPositions ? tape.Dropout(x, pass.Dropout.Hidden) : x;
            past = past is null ? null : tape.AddRows(past, _positions!.Memory(tape, layer, pass));
        }

        bool quirk = positions is not null && pass.Context.ReferenceQuirks;
        if (quirk && past is not null)
        {
            // The reference adds positions in place: they stay in the memory, and every segment adds them again.
            memory!.Restore(layer, pass.MemoryRows, past.Value.Span);
        }

        Variable context = memory is null ? x : tape.Concatenate(past, x);
        if (pass.LearnsMemory)
        {
            // A value of its own: what attention projects has no second reader.
            memory!.Keep(tape, layer, tape.Concatenate(states, h));
        }

        memory?.Update(layer, quirk ? x.Value : h.Value, pass.Context);
        return (x, context);
    }
}
