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
    private readonly Sinusoids? _sinusoids;
    private readonly InputPositions? _positions;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public TransformerXLModel(ModelConfiguration configuration, ulong seed = 1)
        : base(configuration, seed)
    {
        configuration = Configuration;
        SharedParameters shared = new(configuration, Parameters);
        Embedding = new InputEmbedding(configuration, new Clusters(configuration), Parameters);
        Layers = [.. Enumerable.Range(0, configuration.Layers).Select(layer => new DecoderLayer(configuration, Parameters, shared, layer))];
        FinalNorm = configuration.FinalNorm ? new LayerNorm(configuration, Parameters, "final_norm") : null;
        Softmax = new OutputSoftmax(configuration, Embedding, Parameters);
        _sinusoids = configuration.Kind == ModelKind.TransformerXL ? new Sinusoids(configuration.ModelSize) : null;
        _positions = InputPositions.Create(configuration, shared);
    }

    internal IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>The LayerNorm after the layers, or null.</summary>
    internal LayerNorm? FinalNorm { get; }

    /// <inheritdoc/>
    public override HiddenMemory CreateMemory(int length, int streams) => new(Configuration.Layers, length, streams, Configuration.ModelSize);

    /// <inheritdoc/>
    public override Variable Forward(Tape tape, IndexTensor ids, int streams, ModelMemory memory, ContextConfiguration context, DropoutRates dropout) =>
        Forward(tape, ids, streams, (HiddenMemory)memory, context, dropout, null);

    internal Variable Forward(
        Tape tape, IndexTensor ids, int streams, HiddenMemory memory, ContextConfiguration context, DropoutRates dropout, ForwardTrace? trace)
    {
        int memoryRows = memory.Rows, keys = memoryRows + (ids.Count / streams);
        // Sinusoids of positions are added before dropout.
        Variable h = Embedding.Forward(tape, ids, streams, Configuration.Kind == ModelKind.Vaswani ? 0 : dropout.Hidden);
        Variable? r = _sinusoids is null ? null : tape.Dropout(tape.Constant(_sinusoids.Descending(keys, context.ClampLength)), dropout.Hidden);
        LayerPass pass = new(r, memoryRows, keys, context, Configuration.PreNorm, dropout);
        for (int n = 0; n < Layers.Count; n++)
        {
            trace?.Hidden[n] = h.Value;
            (Variable x, Variable tilde) = Enter(tape, n, h, memory, pass);
            h = Layers[n].Forward(tape, x, tilde, pass, trace?.Attention[n]);
        }

        h = FinalNorm is null ? h : FinalNorm.Forward(tape, h);
        h = tape.Dropout(h, dropout.Hidden);
        trace?.Hidden[Layers.Count] = h.Value;
        return h;
    }

    /// <summary>What enters a layer, h with its positions and h~ = [SG(m); h] with theirs; the memory then ends with h.</summary>
    private (Variable Input, Variable Context) Enter(Tape tape, int layer, Variable h, HiddenMemory memory, in LayerPass pass)
    {
        Variable? past = pass.MemoryRows > 0 ? tape.Constant(memory[layer]) : null;
        if (_positions?.Segment(tape, layer, pass) is not { } positions)
        {
            Variable context = tape.Concatenate(past, h);
            memory.Update(layer, h.Value, pass.Context);
            return (h, context);
        }

        Variable x = tape.AddRows(h, positions);
        x = Configuration.Kind == ModelKind.Vaswani ? tape.Dropout(x, pass.Dropout.Hidden) : x;
        past = past is null ? null : tape.AddRows(past, _positions.Memory(tape, layer, pass));
        if (pass.Context.ReferenceQuirks)
        {
            // The reference adds positions in place: they stay in the memory, and every segment adds them again.
            if (past is not null)
            {
                memory.Restore(layer, pass.MemoryRows, past.Value.Span);
            }

            memory.Update(layer, x.Value, pass.Context);
        }
        else
        {
            memory.Update(layer, h.Value, pass.Context);
        }

        return (x, tape.Concatenate(past, x));
    }
}
