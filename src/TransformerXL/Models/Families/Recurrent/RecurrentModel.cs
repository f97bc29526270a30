using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// Embedding, recurrent layers, softmax; dropout on the embeddings, between layers and on the output (Zaremba, Sutskever, Vinyals 2014). With one
/// direction it is a language model, whose state is carried from segment to segment. With two it is an encoder: the state of the forward direction is
/// carried, the backward direction begins anew at the end of each segment, or at the end of each stream where lengths are given.
/// </summary>
public sealed class RecurrentModel : LanguageModel
{
    private readonly RecurrentConfiguration _configuration;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public RecurrentModel(RecurrentConfiguration configuration, ulong seed = 1)
        : this(configuration, seed, dry: false)
    {
    }

    internal RecurrentModel(RecurrentConfiguration configuration, ulong seed, bool dry)
        : base(configuration, seed, dry)
    {
        _configuration = (RecurrentConfiguration)Configuration;
        Embedding = new InputEmbedding(Configuration, new Clusters(Configuration), Parameters);
        Layers = [.. Enumerable.Range(0, Configuration.Layers).Select(layer => CreateLayer(() => CreateDirections(layer)))];
        Softmax = new OutputSoftmax(Configuration, Embedding, Parameters);
    }

    /// <summary>The directions of each layer.</summary>
    internal IReadOnlyList<RecurrentLayer[]> Layers { get; }

    /// <inheritdoc/>
    public override RecurrentState CreateState(int memoryLength, int streams) =>
        new(Configuration.Layers, streams, _configuration.StateWidth, hasCells: _configuration.Cell == RecurrentCell.Lstm, cellSize: Configuration.ModelSize);

    private protected override Variable ForwardCore(Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results, HiddenCapture? capture)
    {
        RecurrentState carried = (RecurrentState)state;
        IndexTensor lengths = _configuration.Bidirectional && !state.Lengths.IsEmpty ? tape.Allocate(state.Lengths.Span) : default;
        Variable h = Embedding.Forward(tape, ids, state, dropout.Hidden);
        for (int n = 0; n < Layers.Count; n++)
        {
            capture?.Take(n, h.Value);
            BeginLayer(tape, n);
            (Variable read, Tensor hidden, Tensor cell) = Layers[n][0].Forward(tape, h, carried.HiddenOf(n), carried.CellOf(n));
            carried.Update(n, hidden, cell);
            Variable both = _configuration.Bidirectional ? tape.Beside(read, ReadBackward(tape, h, Layers[n][1], lengths)) : read;
            Variable next = tape.Dropout(both, dropout.Hidden);
            tape.Recycle(h);
            h = next;
        }

        capture?.Take(Layers.Count, h.Value);
        return h;
    }

    private static Variable ReadBackward(Tape tape, Variable h, RecurrentLayer layer, IndexTensor lengths)
    {
        Tensor hidden = Zeros(layer.RecurrentWeight.Shape[1]), cell = Zeros(layer.Projection?.Shape[1] ?? hidden.Shape[1]);
        (Variable read, _, _) = layer.Forward(tape, tape.ReverseRows(h, lengths), hidden, cell);
        return tape.ReverseRows(read, lengths);

        Tensor Zeros(int size)
        {
            Tensor zeros = tape.Allocate(new Shape(h.Shape[1], size));
            zeros.Span.Clear();
            return zeros;
        }
    }

    private RecurrentLayer[] CreateDirections(int layer) =>
        [.. Enumerable.Range(0, _configuration.Directions).Select(direction => new RecurrentLayer(_configuration, Parameters, layer, isReverse: direction == 1))];
}
