using System.Globalization;
using TransformerXL.Models;
using TransformerXL.Models.Families;

namespace TransformerXL.Interchange;

/// <summary>
/// Infers the architecture from names, shapes and, where parameters may be tied, contents of tensors. What tensors do not
/// determine comes from hints; a hint that contradicts the tensors is rejected.
/// </summary>
internal sealed class Architecture(StoredModel stored, ModelDescription hints)
{
    private const string FirstLayer = "layers.0.";
    private const string Attention = FirstLayer + "dec_attn.";

    private readonly List<(string What, string Member)> _missing = [];

    /// <summary>The architecture.</summary>
    /// <exception cref="InputException">A tensor is missing or has a wrong shape, a hint is missing, or a hint contradicts the tensors.</exception>
    public ModelConfiguration Infer(out ContextConfiguration context)
    {
        ModelFamily family = Family();
        Require.That(
            hints.Family is null || hints.Family == family,
            $"'{stored.Path}': the hints say attention type {hints.Family?.Kind}, but the tensors are those of {family.Kind}");
        ModelConfiguration model = new EmbeddingLayout(stored, hints, Agree, _missing).Add(family.HasAttention ? Layered((AttentionFamily)family) : Recurrent());
        model = model with { Dropout = (float)(hints.Dropout ?? model.Dropout) };
        context = Context(family);
        Require.That(
            _missing.Count == 0,
            $"'{stored.Path}': the tensors do not determine {string.Join(" or ", _missing.Select(missing => missing.What))}; give it in a configuration or as a hint",
            [.. _missing.Select(missing => new InputRemedy(missing.Member))]);
        context.Validate();
        model.Validate();
        return model;
    }

    private ModelFamily Family()
    {
        if (stored.Has("rnn.weight_ih_l0"))
        {
            return LstmFamily.Instance;
        }

        Require.That(stored.Has(Attention + "o_net.weight"), $"'{stored.Path}' is not a supported model: it has neither a tensor '{Attention}o_net.weight' nor 'rnn.weight_ih_l0', and no config.json with the model_type of an encoder that is supported");
        if (stored.Has(Attention + "r_net.weight"))
        {
            return TransformerXLFamily.Instance;
        }

        return stored.Has("r_bias") ? ShawFamily.Instance : stored.Has("r_emb") ? AlRfouFamily.Instance : VaswaniFamily.Instance;
    }

    private AttentionConfiguration Layered(AttentionFamily family)
    {
        int layers = stored.Count("layers.", ".dec_attn.o_net.weight");
        CheckLayers(layers);
        int[] output = stored.Shape(Attention + "o_net.weight", 2);
        (int heads, int headSize) = Heads(family, output[1]);
        bool finalNorm = stored.Has("final_norm.weight");
        AttentionConfiguration model = family.CreateConfiguration();
        model = model with
        {
            VocabularySize = 1,
            Layers = Agree("layers", hints.Layers, layers),
            ModelSize = Agree("the model size", hints.ModelSize, output[0]),
            Heads = heads,
            HeadSize = headSize,
            InnerSize = Agree("the inner size", hints.InnerSize, InnerSize()),
            PreNorm = finalNorm || Hints("whether LayerNorm comes before or after each block (pre_lnorm)", "hints.preNorm", hints.PreNorm),
            FinalNorm = Agree("a final LayerNorm", hints.FinalNorm, finalNorm),
            Activation = hints.Activation ?? FeedForwardActivation.Relu,
            AttentionDropout = (float)(hints.AttentionDropout ?? model.AttentionDropout),
        };
        return model switch
        {
            TransformerXLConfiguration relative => relative with { UntieBiases = Agree("biases of each layer", hints.UntieBiases, HasOwnBiases()) },
            LearnedPositionsConfiguration learned => learned with { PositionRows = stored.Shape("r_emb", 4)[1] },
            _ => model,
        };
    }

    private LstmConfiguration Recurrent()
    {
        int layers = stored.Count("rnn.weight_hh_l", "");
        int size = stored.Shape("rnn.weight_hh_l0", 2)[1];
        for (int layer = 1; layer < layers; layer++)
        {
            Require.That(
                stored.Shape($"rnn.weight_hh_l{layer}", 2)[1] == size,
                $"'{stored.Path}': the layers of the LSTM have the sizes {size} and {stored.Shape($"rnn.weight_hh_l{layer}", 2)[1]}, but must have one");
        }

        return new LstmConfiguration
        {
            VocabularySize = 1,
            Layers = Agree("layers", hints.Layers, layers),
            ModelSize = Agree("the model size", hints.ModelSize, size),
        };
    }

    /// <summary>The rows of the first matrix of a feed-forward block; half of them where it is gated.</summary>
    private int InnerSize()
    {
        const string First = FirstLayer + "pos_ff.CoreNet.0.weight";
        int rows = stored.Shape(First, 2)[0], columns = stored.Shape(FirstLayer + "pos_ff.CoreNet.3.weight", 2)[1];
        bool gated = hints.Activation is FeedForwardActivation.SwiGlu or FeedForwardActivation.GeGlu;
        Require.That(
            gated || rows != 2L * columns,
            $"'{stored.Path}': '{First}' has {rows} rows, twice the {columns} columns of the second matrix, as with a gated activation; 'activation' must then be \"swiglu\" or \"geglu\", but is {hints.Activation?.ToString().ToLowerInvariant() ?? "missing"}");
        return gated ? columns : rows;
    }

    /// <summary>Each layer repeats the first, so that a model is no larger than its files.</summary>
    private void CheckLayers(int layers)
    {
        foreach (StoredTensor first in stored.Tensors.Where(tensor => tensor.Name.StartsWith(FirstLayer, StringComparison.Ordinal)).ToArray())
        {
            for (int layer = 1; layer < layers; layer++)
            {
                StoredTensor other = stored.Find($"layers.{layer}.{first.Name[FirstLayer.Length..]}");
                Require.That(
                    other.Entry.Shape.SequenceEqual(first.Entry.Shape),
                    $"'{stored.Path}': the tensors {first.Quoted} ({first.Entry}) and {other.Quoted} ({other.Entry}) must have one shape");
            }
        }
    }

    private (int Heads, int HeadSize) Heads(AttentionFamily family, int width)
    {
        int[]? shape = family switch
        {
            TransformerXLFamily => stored.Shape(stored.Has("r_w_bias") ? "r_w_bias" : Attention + "r_w_bias", 2),
            ShawFamily => stored.Shape("r_w_bias", 3),
            AlRfouFamily => stored.Shape("r_emb", 4),
            _ => null,
        };
        int heads = shape is not null ? Agree("heads", hints.Heads, shape[^2])
            : hints.Heads ?? (hints.HeadSize is > 0 and var given ? width / given : 0);
        if (heads == 0)
        {
            _missing.Add(("the number of heads (n_head)", "hints.heads"));
            return (1, width);
        }

        Require.That(heads > 0 && width % heads == 0, $"'{stored.Path}': {heads} heads do not divide the {width} columns of '{Attention}o_net.weight'");
        return (heads, Agree("the size of a head", hints.HeadSize, shape is not null ? shape[^1] : width / heads));
    }

    /// <summary>
    /// Hugging Face repeats shared biases in every layer, and may keep only these; the reference has them once. Shared ones that
    /// are stored more than once must be the same.
    /// </summary>
    private bool HasOwnBiases()
    {
        if (!stored.Has("r_w_bias") && hints.UntieBiases != false)
        {
            return true;
        }

        foreach (string name in new[] { "r_w_bias", "r_r_bias" })
        {
            StoredTensor shared = stored.TryFind(name) ?? stored.Find(Attention + name);
            StoredTensor? other = stored.Tensors.FirstOrDefault(tensor =>
                tensor.Name.EndsWith(".dec_attn." + name, StringComparison.Ordinal) && !StoredModel.AreSame(shared, tensor));
            Require.That(other is null, $"'{stored.Path}': the tensors {shared.Quoted} and {other?.Quoted} are one parameter, but hold different values");
        }

        return false;
    }

    private ContextConfiguration Context(ModelFamily family) => new()
    {
        TargetLength = hints.TargetLength ?? Missing("the segment length of training (tgt_len)", "hints.targetLength"),
        MemoryLength = hints.MemoryLength ?? (!family.HasMemoryLength ? 0 : Missing("the memory length of training (mem_len)", "hints.memoryLength")),
        ExtendedLength = hints.ExtendedLength ?? 0,
        ClampLength = hints.ClampLength ?? 0,
        SameLength = hints.SameLength ?? false,
        ReferenceQuirks = hints.ReferenceQuirks ?? ((family.HasAttention && !family.HasRelativePositions) || hints.ExtendedLength > 0),
    };

    private bool Hints(string what, string member, bool? value)
    {
        if (value is null)
        {
            _missing.Add((what, member));
        }

        return value ?? false;
    }

    private int Missing(string what, string member)
    {
        _missing.Add((what, member));
        return 1;
    }

    private T Agree<T>(string what, T? given, T found) where T : struct =>
        given is null || EqualityComparer<T>.Default.Equals(given.Value, found)
            ? found
            : throw new InputException(string.Create(CultureInfo.InvariantCulture, $"'{stored.Path}': {what}: {given} by the hints, but {found} by the tensors"));

    private int Agree(string what, int? given, int found) => Agree<int>(what, given, found);
}
