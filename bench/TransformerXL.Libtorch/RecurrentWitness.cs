using System.Diagnostics;
using System.Text.Json.Nodes;
using TorchSharp;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using static TorchSharp.torch;
using TxlTensor = TransformerXL.Tensors.Memory.Tensor;

namespace TransformerXL.Libtorch;

/// <summary>
/// The layers <c>nn.LSTM</c>, <c>nn.GRU</c> and <c>nn.RNN</c> of libtorch beside those of this project, with the same weights and inputs: the largest difference of outputs and
/// gradients, then times of forward and backward pass, in turn.
/// </summary>
internal sealed class RecurrentWitness
{
    private readonly string cell;
    private readonly int layers, size, batch, tokens;
    private readonly nn.Module module;
    private readonly List<Parameter[]> weights = [];
    private readonly float[] values, directions;
    private readonly Tape tape;

    public RecurrentWitness(string cell, int layers, int size, int batch, int tokens, int threads)
    {
        (this.cell, this.layers, this.size, this.batch, this.tokens) = (cell, layers, size, batch, tokens);
        set_num_threads(threads);
        manual_seed(1111);
        module = cell switch
        {
            "lstm" => nn.LSTM(size, size, layers),
            "gru" => nn.GRU(size, size, layers),
            _ => nn.RNN(size, size, layers),
        };
        tape = new Tape(new CpuBackend(null, threads));
        Dictionary<string, torch.Tensor> named = module.named_parameters().ToDictionary(pair => pair.name, pair => (torch.Tensor)pair.parameter);
        for (int layer = 0; layer < layers; layer++)
        {
            weights.Add([.. ((string[])["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"]).Select(name => Copy($"{name}{layer}", named[$"{name}{layer}"]))]);
        }

        using torch.Tensor random = randn(2, tokens, batch, size);
        float[] all = Difference.Floats(random);
        (values, directions) = (all[..(all.Length / 2)], all[(all.Length / 2)..]);
    }

    /// <summary>Differences, then the times of so many rounds.</summary>
    public JsonObject Compare(int rounds)
    {
        (double ours, float[] output, List<float[]> gradients) = Ours(reads: true);
        (double theirs, float[] expected, List<float[]> expectedGradients) = Theirs(reads: true);
        double outputError = Difference.Relative(output, expected), gradientError = gradients.Zip(expectedGradients, Difference.Relative).Max();
        List<double> ourTimes = [], theirTimes = [], ourCpu = [], theirCpu = [];
        for (int round = 0; round < rounds; round++)
        {
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            ourTimes.Add(Ours(reads: false).Seconds);
            TimeSpan between = Process.GetCurrentProcess().TotalProcessorTime;
            theirTimes.Add(Theirs(reads: false).Seconds);
            ourCpu.Add((between - before).TotalSeconds);
            theirCpu.Add((Process.GetCurrentProcess().TotalProcessorTime - between).TotalSeconds);
        }

        return new JsonObject
        {
            ["cell"] = cell,
            ["layers"] = layers,
            ["size"] = size,
            ["batch"] = batch,
            ["tokens"] = tokens,
            ["threads"] = get_num_threads(),
            ["output_error"] = outputError,
            ["gradient_error"] = gradientError,
            ["seconds_min"] = ourTimes.Min(),
            ["seconds_min_libtorch"] = theirTimes.Min(),
            ["processor_seconds_median"] = Median(ourCpu),
            ["processor_seconds_median_libtorch"] = Median(theirCpu),
        };
    }

    private (double Seconds, float[] Output, List<float[]> Gradients) Ours(bool reads)
    {
        foreach (Parameter parameter in weights.SelectMany(layer => layer))
        {
            parameter.ClearGradient();
        }

        long begin = Stopwatch.GetTimestamp();
        tape.BeginTraining(1, 1);
        Variable h = tape.Constant(Fill(values));
        TxlTensor zeros = tape.Allocate(new TransformerXL.Tensors.Memory.Shape(batch, size));
        zeros.Span.Clear();
        foreach (Parameter[] w in weights)
        {
            h = cell switch
            {
                "lstm" => tape.Lstm(h, zeros, zeros, w[0], w[1], w[2], w[3]).Hidden,
                "gru" => tape.Gru(h, zeros, w[0], w[1], w[2], w[3]).Hidden,
                _ => tape.Rnn(h, zeros, w[0], w[1], w[2], w[3]).Hidden,
            };
        }

        // The gradient of half the squared distance to the directions, times 2 / N.
        tape.Backward(tape.SquaredLoss(h, Fill(directions)));
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return (seconds, reads ? h.Value.Span.ToArray() : [], reads ? [.. weights.SelectMany(layer => layer).Select(parameter => parameter.Gradient.Span.ToArray())] : []);
    }

    private (double Seconds, float[] Output, List<float[]> Gradients) Theirs(bool reads)
    {
        using DisposeScope scope = NewDisposeScope();
        module.zero_grad();
        long begin = Stopwatch.GetTimestamp();
        torch.Tensor input = tensor(values, [tokens, batch, size]), target = tensor(directions, [tokens, batch, size]);
        torch.Tensor output = module switch
        {
            TorchSharp.Modules.LSTM lstm => lstm.call(input).Item1,
            TorchSharp.Modules.GRU gru => gru.call(input).Item1,
            TorchSharp.Modules.RNN rnn => rnn.call(input).Item1,
            _ => throw new InvalidOperationException(),
        };
        nn.functional.mse_loss(output, target).backward();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Dictionary<string, torch.Tensor> named = module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!);
        return (seconds, reads ? Difference.Floats(output) : [], reads ? [.. weights.SelectMany(layer => layer).Select(parameter => Difference.Floats(named[parameter.Name]))] : []);
    }

    private TxlTensor Fill(float[] from)
    {
        TxlTensor result = tape.Allocate(new TransformerXL.Tensors.Memory.Shape(tokens, batch, size));
        from.CopyTo(result.Span);
        return result;
    }

    private static Parameter Copy(string name, torch.Tensor source)
    {
        int[] shape = [.. source.shape.Select(length => (int)length)];
        Parameter parameter = new(name, shape.Length == 1 ? new TransformerXL.Tensors.Memory.Shape(shape[0]) : new TransformerXL.Tensors.Memory.Shape(shape[0], shape[1]));
        Difference.Floats(source).CopyTo(parameter.Value.Span);
        return parameter;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
