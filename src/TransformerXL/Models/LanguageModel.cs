using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// A body that gives hidden states of tokens, and a softmax over the vocabulary that reads them, over segments of text, with a memory that carries
/// context from each segment to the next. A causal model is P(x) = prod_t P(x_t | x_&lt;t): the state of a token predicts the next one. A model that is
/// not causal (<see cref="ModelConfiguration.IsCausal"/>) predicts masked tokens at their own places (Devlin et al. 2019).
/// </summary>
public abstract class LanguageModel
{
    private readonly List<IReadOnlyList<Parameter>> _layerParameters = [];

    private protected LanguageModel(ModelConfiguration configuration, ulong seed, bool dry)
    {
        configuration.Validate();
        Configuration = configuration.Resolve();
        Parameters = new ParameterSet(seed, configuration.InitialDeviation, dry);
    }

    /// <summary>The architecture, all sizes written out.</summary>
    public virtual ModelConfiguration Configuration { get; }

    /// <summary>All trained values.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The parameters of each layer, the first one first.</summary>
    internal IReadOnlyList<IReadOnlyList<Parameter>> LayerParameters => _layerParameters;

    internal InputEmbedding Embedding { get; private protected init; } = null!;

    internal OutputSoftmax Softmax { get; private protected init; } = null!;

    /// <summary>Creates a model of the family that the configuration is of, with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public static LanguageModel Create(ModelConfiguration configuration, ulong seed = 1) => Create(configuration, seed, dry: false);

    /// <summary>A model whose parameters have names, shapes and roles, but no memory: its sizes before it is paid for.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    internal static LanguageModel CreateDry(ModelConfiguration configuration) => Create(configuration, seed: 1, dry: true);

    private static LanguageModel Create(ModelConfiguration configuration, ulong seed, bool dry)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Family.Create(configuration, seed, dry);
    }

    /// <summary>An empty state for training: a memory of hidden states, or the cells of an LSTM.</summary>
    /// <param name="memoryLength">M: the most tokens whose hidden states are kept; an LSTM keeps its state whatever the length.</param>
    /// <param name="streams">B.</param>
    public abstract ModelState CreateState(int memoryLength, int streams);

    /// <summary>The hidden states of a segment; the state then ends with this segment.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="ids">Token ids (L, B).</param>
    /// <param name="state">What is remembered of earlier segments, read and then updated.</param>
    /// <param name="context">The lengths.</param>
    /// <returns>(L, B, d).</returns>
    public Variable Forward(Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context) =>
        Forward(tape, ids, state, context, DropoutRates.Of(Configuration));

    /// <summary>The same with other probabilities of dropout, or for the hidden states of the last tokens only.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="ids">Token ids (L, B).</param>
    /// <param name="state">What is remembered of earlier segments, read and then updated.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="dropout">Dropout of this step, instead of that of the configuration.</param>
    /// <param name="results">The minimum number of last tokens whose hidden states are computed; fewer is faster with cached keys and values.</param>
    /// <returns>(L, B, d), or fewer of the last rows, but at least <paramref name="results"/>.</returns>
    public Variable Forward(
        Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results = int.MaxValue) =>
        Forward(tape, ids, state, context, dropout, results, null);

    /// <summary>The same; hidden states of layers are copied on the way.</summary>
    internal Variable Forward(
        Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results, HiddenCapture? capture)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(state);
        int tokens = ids.Count / state.Streams;
        Variable hidden = ForwardCore(tape, state.Extend(tape, ids), state, context, dropout, Math.Min(results, tokens), capture);
        return hidden.Shape[0] > tokens ? tape.LastRows(hidden, tokens) : hidden;
    }

    /// <summary>The mean nll of the targets after hidden states, in nats.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="hidden">(T, B, d); the last rows belong to the targets.</param>
    /// <param name="targets">Token ids (L, B).</param>
    /// <param name="perToken">Takes the nll of each target, if not empty.</param>
    public Variable Loss(Tape tape, Variable hidden, IndexTensor targets, Tensor perToken = default) =>
        PlacesLoss(tape, tape.LastRows(hidden, targets.Count / hidden.Shape[1]), targets, perToken);

    /// <summary>The mean nll of the target of each row, in nats.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="hidden">(..., d): hidden states, with as many rows as there are targets.</param>
    /// <param name="targets">Token ids.</param>
    /// <param name="perToken">Takes the nll of each target, if not empty.</param>
    internal Variable PlacesLoss(Tape tape, Variable hidden, IndexTensor targets, Tensor perToken = default) =>
        Softmax.Loss(tape, Predicting(tape, hidden), targets, perToken);

    /// <summary>What the softmax reads of hidden states: (..., d).</summary>
    internal virtual Variable Predicting(Tape tape, Variable hidden) => hidden;

    /// <summary>Refuses a use that needs the probabilities of a next token.</summary>
    /// <param name="use">Such as <c>generate text</c>.</param>
    /// <exception cref="InputException">The model is not causal.</exception>
    internal void RequireCausal(string use) => RequireCausal(Configuration, use);

    /// <inheritdoc cref="RequireCausal(string)"/>
    internal static void RequireCausal(ModelConfiguration configuration, string use)
    {
        if (!configuration.IsCausal)
        {
            throw NotCausal(configuration, use);
        }
    }

    /// <summary>The error of a use that needs a causal model.</summary>
    internal static InputException NotCausal(ModelConfiguration configuration, string use) =>
        new($"a model of the family {configuration.Family.Name} reads a text in both directions and predicts masked tokens, not the next one; it cannot {use}") { Member = ModelConfiguration.CausalMember };

    /// <summary>Creates the next layer. The parameters that it adds are its own: no other part of the model uses them.</summary>
    private protected TLayer CreateLayer<TLayer>(Func<TLayer> create)
    {
        int before = Parameters.Count;
        TLayer layer = create();
        _layerParameters.Add([.. Parameters.Skip(before)]);
        return layer;
    }

    /// <summary>Notes on the tape that a layer begins, so that a listener of the backward pass learns when its gradients are complete.</summary>
    private protected void BeginLayer(Tape tape, int layer) => tape.MarkFirstUse(_layerParameters[layer]);

    /// <summary>The forward pass of the architecture: (L, B, d), or at least the last <paramref name="results"/> rows.</summary>
    private protected abstract Variable ForwardCore(
        Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results, HiddenCapture? capture);
}
