using System.Text.Json.Nodes;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Shape = TransformerXL.Tensors.Memory.Shape;
using TxlTensor = TransformerXL.Tensors.Memory.Tensor;

namespace TransformerXL.Libtorch;

/// <summary>
/// The encoder of this project beside <see cref="EncoderLayers"/> of libtorch, with the same weights and texts of different lengths: the largest difference of the hidden states of existing tokens, and of
/// the gradients of all weights.
/// </summary>
internal sealed class EncoderWitness
{
    private const int Vocabulary = 50, Layers = 3, Size = 48, Heads = 4, Inner = 160, Tokens = 21;

    private static readonly int[] s_lengths = [Tokens, 13, 1, 18];

    private readonly bool isPreNorm;
    private readonly EncoderModel model;
    private readonly Tape tape;
    private readonly EncoderLayers layers;
    private readonly Dictionary<string, TorchSharp.Modules.Parameter> outer = [];
    private readonly int[] ids, rows;
    private readonly float[] directions;

    public EncoderWitness(bool isPreNorm, int threads)
    {
        this.isPreNorm = isPreNorm;
        set_num_threads(threads);
        manual_seed(1111);
        model = new EncoderModel(new EncoderConfiguration
        {
            VocabularySize = Vocabulary,
            Layers = Layers,
            ModelSize = Size,
            Heads = Heads,
            HeadSize = Size / Heads,
            InnerSize = Inner,
            PositionRows = Tokens,
            Dropout = 0,
            PreNorm = isPreNorm,
            FinalNorm = isPreNorm,
            InitialDeviation = 0.2f,
            PredictsMaskedTokens = false,
        });
        tape = new Tape(new CpuBackend(null, threads));
        layers = new EncoderLayers(Layers, Size, Heads, Inner, dropout: 0, isComposed: false, isPreNorm);
        CopyWeights();
        Random random = new(1);
        ids = [.. Enumerable.Range(0, Tokens * s_lengths.Length).Select(_ => random.Next(Vocabulary))];
        rows = [.. Enumerable.Range(0, ids.Length).Where(row => row / s_lengths.Length < s_lengths[row % s_lengths.Length])];
        directions = [.. Enumerable.Range(0, rows.Length * Size).Select(_ => (float)random.NextDouble() - 0.5f)];
    }

    /// <summary>The differences.</summary>
    public JsonObject Compare()
    {
        (float[] output, Dictionary<string, float[]> gradients) = Ours();
        (float[] expected, Dictionary<string, float[]> expectedGradients) = Theirs();
        return new JsonObject
        {
            ["layers"] = isPreNorm ? "pre-norm, from the parameters of nn.TransformerEncoder" : "post-norm, nn.TransformerEncoder",
            ["lengths"] = new JsonArray([.. s_lengths.Select(length => (JsonNode)length)]),
            ["output_error"] = Difference.Relative(output, expected),
            ["gradient_error"] = expectedGradients.Max(pair => Difference.Relative(gradients[pair.Key], pair.Value)),
            ["gradients"] = expectedGradients.Count,
        };
    }

    private (float[] Output, Dictionary<string, float[]> Gradients) Ours()
    {
        tape.BeginTraining(1, 1);
        ModelState state = model.CreateState(0, s_lengths.Length);
        state.Lengths = s_lengths;
        Variable hidden = model.Forward(tape, tape.Allocate(ids), state, new ContextConfiguration { TargetLength = Tokens, MemoryLength = 0 });
        Variable existing = tape.GatherRows(hidden, tape.Allocate(rows));
        TxlTensor target = tape.Allocate(new Shape(rows.Length, Size));
        directions.CopyTo(target.Span);
        tape.Backward(tape.SquaredLoss(existing, target));
        return (existing.Value.Span.ToArray(), model.Parameters.Where(parameter => !parameter.Gradient.IsEmpty).ToDictionary(parameter => parameter.Name, parameter => parameter.Gradient.Span.ToArray()));
    }

    private (float[] Output, Dictionary<string, float[]> Gradients) Theirs()
    {
        int streams = s_lengths.Length;
        Tensor timeMajor = tensor(ids.Select(id => (long)id).ToArray(), [Tokens, streams]);
        Tensor padding = arange(Tokens).unsqueeze(0) >= tensor(s_lengths.Select(length => (long)length).ToArray()).unsqueeze(1);
        Tensor embedded = Rows.Of(outer["word_emb"], timeMajor) + outer["position_emb"].unsqueeze(1) + Rows.Of(outer["type_emb"], zeros_like(timeMajor));
        Tensor hidden = layers.Forward(Norm("emb_norm", embedded), padding);
        hidden = isPreNorm ? Norm("final_norm", hidden) : hidden;
        Tensor existing = hidden.reshape(-1, Size).index_select(0, tensor(rows.Select(row => (long)row).ToArray()));
        F.mse_loss(existing, tensor(directions, [rows.Length, Size])).backward();
        return (Difference.Floats(existing), Gradients());
    }

    private Tensor Norm(string name, Tensor x) => F.layer_norm(x, [Size], outer[name + ".weight"], outer[name + ".bias"]);

    /// <summary>The gradients of libtorch by the names of this project.</summary>
    private Dictionary<string, float[]> Gradients()
    {
        Dictionary<string, float[]> all = [];
        foreach ((string ours, string theirs) in OuterNames())
        {
            all[ours] = Difference.Floats(outer[theirs].grad!);
        }

        foreach ((string ours, string theirs, int first, int count) in LayerNames())
        {
            all[ours] = Difference.Floats(layers.Named[theirs].grad!.narrow(0, first, count));
        }

        return all;
    }

    private void CopyWeights()
    {
        using IDisposable withoutGradient = no_grad();
        foreach ((string ours, string theirs) in OuterNames())
        {
            outer[theirs] = new TorchSharp.Modules.Parameter(Value(ours), requires_grad: true);
        }

        foreach ((string ours, string theirs, int first, int count) in LayerNames())
        {
            layers.Named[theirs].narrow(0, first, count).copy_(Value(ours));
        }
    }

    private Tensor Value(string name)
    {
        Parameter parameter = model.Parameters.Single(parameter => parameter.Name == name);
        long[] shape = parameter.Shape.Rank == 1 ? [parameter.Shape[0]] : [parameter.Shape[0], parameter.Shape[1]];
        return tensor(parameter.Value.Span.ToArray(), shape);
    }

    private IEnumerable<(string Ours, string Theirs)> OuterNames()
    {
        yield return (model.Parameters.First().Name, "word_emb");
        yield return ("position_emb.weight", "position_emb");
        yield return ("type_emb.weight", "type_emb");
        foreach (string norm in (string[])["emb_norm", .. isPreNorm ? ["final_norm"] : (string[])[]])
        {
            yield return (norm + ".weight", norm + ".weight");
            yield return (norm + ".bias", norm + ".bias");
        }
    }

    /// <summary>The rows of a parameter of libtorch that a parameter of this project is.</summary>
    private static IEnumerable<(string Ours, string Theirs, int First, int Count)> LayerNames()
    {
        for (int layer = 0; layer < Layers; layer++)
        {
            string ours = $"layers.{layer}.", theirs = ours;
            foreach (string kind in (string[])["weight", "bias"])
            {
                yield return ($"{ours}attention.query.{kind}", $"{theirs}self_attn.in_proj_{kind}", 0, Size);
                yield return ($"{ours}attention.key_value.{kind}", $"{theirs}self_attn.in_proj_{kind}", Size, 2 * Size);
                yield return ($"{ours}attention.output.{kind}", $"{theirs}self_attn.out_proj.{kind}", 0, Size);
                yield return ($"{ours}attention.layer_norm.{kind}", $"{theirs}norm1.{kind}", 0, Size);
                yield return ($"{ours}pos_ff.CoreNet.0.{kind}", $"{theirs}linear1.{kind}", 0, Inner);
                yield return ($"{ours}pos_ff.CoreNet.3.{kind}", $"{theirs}linear2.{kind}", 0, Size);
                yield return ($"{ours}pos_ff.layer_norm.{kind}", $"{theirs}norm2.{kind}", 0, Size);
            }
        }
    }
}
