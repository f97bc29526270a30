using System.Diagnostics;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace TransformerXL.Libtorch;

/// <summary>Steps of one mode on random tokens, with full memories before the first measured step.</summary>
internal sealed class Workload
{
    private readonly PeerOptions options;
    private readonly IPeerModel model;
    private readonly optim.Optimizer? optimizer;
    private Tensor[]? memories;
    private float loss;

    public Workload(PeerOptions options)
    {
        this.options = options;
        set_num_threads(options.Threads);
        manual_seed(1111);
        model = options.IsEncoder ? new EncoderPeer(options) : options.IsRecurrent ? new RecurrentPeer(options) : new PeerModel(options);
        optimizer = options.Trains ? optim.Adam(model.Parameters, 2.5e-4) : null;
        do
        {
            Step();
        }
        while (options.Memory > 0 && memories![0].shape[1] < options.Memory);
        Step();
    }

    /// <summary>What both programs of a comparison must agree on, and what libtorch is made of.</summary>
    public JsonObject Facts() => new()
    {
        ["model"] = options.Model,
        ["mode"] = options.Mode,
        ["batch"] = options.Batch,
        ["target_length"] = options.Target,
        ["memory_length"] = options.Memory,
        ["parameters"] = model.Parameters.Sum(parameter => parameter.numel()),
        ["precision"] = options.Precision,
        ["threads"] = get_num_threads(),
        ["dropout"] = options.Dropout,
        ["attention"] = options.Fused ? "fused" : "plain",
        ["torch"] = torch.__version__,
        ["blas"] = "MKL and oneDNN of libtorch",
        ["openmp_wait_policy"] = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "default",
    };

    /// <summary>Steps until a time has passed, at least one.</summary>
    public JsonObject Measure(double seconds)
    {
        List<double> times = [];
        Stopwatch total = Stopwatch.StartNew();
        double before = 0;
        while (before < seconds)
        {
            Step();
            double now = total.Elapsed.TotalSeconds;
            times.Add(now - before);
            before = now;
        }

        if (!float.IsFinite(loss))
        {
            throw new InvalidOperationException($"the loss became {loss}; its time means nothing");
        }

        int steps = times.Count;
        times.Sort();
        JsonObject reply = Facts();
        reply["tokens_per_second"] = (double)options.Batch * options.Target * steps / before;
        reply["seconds_per_step"] = times[steps / 2];
        reply["seconds_per_step_min"] = times[0];
        reply["steps"] = steps;
        reply["loss"] = loss;
        reply["peak_memory_bytes"] = Process.GetCurrentProcess().PeakWorkingSet64;
        return reply;
    }

    private void Step()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable? withoutGradient = options.Trains ? null : no_grad();
        Tensor ids = randint(0, options.Vocabulary, [options.Batch, options.Target + 1], ScalarType.Int64);
        (Tensor mean, Tensor[] next) = model.Forward(ids.narrow(1, 0, options.Target), ids.narrow(1, 1, options.Target), memories);
        if (optimizer is not null)
        {
            optimizer.zero_grad();
            mean.backward();
            nn.utils.clip_grad_norm_(model.Parameters, 0.25);
            optimizer.step();
        }

        loss = mean.item<float>();
        foreach (Tensor old in memories ?? [])
        {
            old.Dispose();
        }

        memories = [.. next.Select(memory => memory.MoveToOuterDisposeScope())];
    }
}
