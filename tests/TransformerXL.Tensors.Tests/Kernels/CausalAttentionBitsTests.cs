using System.Runtime.InteropServices;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using TransformerXL.Testing.Cases;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels;

/// <summary>
/// Causal attention keeps its bits, the same ones on every instruction set and system: trained models give the same text, and what was
/// compressed can be decompressed. The hashes were recorded when sums across lanes got one order for all instruction sets. Inputs are fractions.
/// </summary>
public sealed class CausalAttentionBitsTests(Backends backends) : IClassFixture<Backends>
{
    private const int Heads = 2;

    /// <summary>Shape, then the hash.</summary>
    public static TheoryData<string, int, int, int, int, int, float, string> Recorded => new()
    {
        { "relative", 1, 0, 1, 1, int.MaxValue, 0, "69d305168247991d" },
        { "relative", 7, 3, 2, 5, int.MaxValue, 0, "21c1c3815e2e1f8b" },
        { "relative", 97, 40, 2, 5, 20, 0, "4d890f24d9cef056" },
        { "relative", 130, 130, 1, 41, int.MaxValue, 0.1f, "d42d50e9c8b0094d" },
        { "relative", 100, 500, 1, 5, 300, 0, "8432d50227ba2e44" },
        { "relative", 60, 500, 6, 16, 290, 0.1f, "c985a7796f7245c1" },
        { "relative", 13, 20, 1, 64, 0, 0, "c6f8540891350c53" },
        { "relative", 50, 480, 1, 64, int.MaxValue, 0, "a54a0f88a07af4fb" },
        { "plain", 97, 40, 5, 17, 20, 0.2f, "f5eca824b5a9d7c9" },
        { "plain", 50, 480, 1, 17, int.MaxValue, 0, "939e942c9ef23dbf" },
        { "learned", 97, 40, 6, 5, 20, 0, "c4effe5f0c0e560a" },
        { "learned", 50, 480, 1, 17, int.MaxValue, 0.2f, "29a432f50948d089" },
        { "few", 1, 37, 2, 5, int.MaxValue, 0, "e4eaddcc34ddcd8e" },
        { "few", 8, 300, 2, 64, 123, 0, "eb155dad0e3ac275" },
        { "few", 1, 0, 1, 24, 0, 0, "995961fe53deb283" },
        { "few", 70, 500, 2, 24, 500, 0, "40da7eb5164b067a" },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Outputs_and_gradients_have_the_recorded_bits(
        string kind, int queries, int memory, int streams, int headSize, int maxDistance, float dropout, string expected)
    {
        foreach (Isa isa in Backends.Isas)
        {
            // Values kept as bfloat16 are multiplied as float32 where no unit for bfloat16 is used.
            using CpuBackend withoutUnit = new(isa, 1, tiles: null);
            string hash = kind == "few"
                ? Few(withoutUnit, queries, memory, streams, headSize, maxDistance)
                : Trained(backends.Get(isa), kind, queries, memory, streams, headSize, maxDistance, dropout);
            Assert.Equal($"{isa} {expected}", $"{isa} {hash}");
        }
    }

    private static string Trained(
        CpuBackend backend, string kind, int queries, int memory, int streams, int headSize, int maxDistance, float dropout)
    {
        uint state = 1;
        int width = Heads * headSize, keys = memory + queries;
        Parameter q = Parameter(ref state, queries, streams, width), kv = Parameter(ref state, keys, streams, 2 * width);
        Parameter r = Parameter(ref state, keys, width), u = Parameter(ref state, Heads, headSize), v = Parameter(ref state, Heads, headSize);
        Parameter bias = Parameter(ref state, keys, Heads);
        Tape tape = new(backend);
        tape.BeginTraining(OpCase.Seed, OpCase.Step);
        (Variable output, Parameter[] used) = kind switch
        {
            "relative" => (tape.RelativeAttention(q, kv, r, u, v, maxDistance, dropout), new[] { q, kv, r, u, v }),
            "learned" => (tape.LearnedRelativeAttention(q, kv, r, u, bias, maxDistance, dropout), [q, kv, r, u, bias]),
            _ => (tape.Attention(q, kv, Heads, maxDistance, dropout), [q, kv]),
        };
        float[] weights = new float[output.Value.Count];
        Fill(ref state, weights);
        Hash hash = new();
        hash.Add(output.Value);
        tape.Backward(WeightedSumOperation.OnlyGradientOf(tape, [output], [weights]));
        foreach (Parameter parameter in used)
        {
            hash.Add(parameter.Gradient);
        }

        return hash.ToString();
    }

    /// <summary>The kernel for few queries if there are at most 8, else the one for many, both precisions.</summary>
    private static string Few(CpuBackend backend, int queries, int memory, int streams, int headSize, int maxDistance)
    {
        uint state = 1;
        int width = Heads * headSize, keys = memory + queries;
        Tensor projected = Random(ref state, keys, streams, 3 * width), rows = Random(ref state, keys + 3, width);
        Tensor u = Random(ref state, Heads, headSize), v = Random(ref state, Heads, headSize);
        Hash hash = new();
        foreach (Precision precision in new[] { Precision.Float32, Precision.Bfloat16 })
        {
            CpuKeyValueMemory cache = new(keys + 2, streams, Heads, headSize, precision);
            cache.Write(2, projected);
            Tensor output = Tensor.Allocate(new Shape(queries, streams, width)), workspace = Tensor.Allocate(new Shape(queries, streams, Heads));
            backend.Attention(
                projected.Slice(memory, queries), cache, 2, keys, new CpuRelativeTable(rows, Heads, precision), u, v, maxDistance, workspace, output);
            hash.Add(output);
        }

        return hash.ToString();
    }

    private static Parameter Parameter(ref uint state, params ReadOnlySpan<int> axes)
    {
        Parameter parameter = new("p", Random(ref state, axes).Shape);
        Fill(ref state, parameter.Value.Span);
        return parameter;
    }

    private static Tensor Random(ref uint state, params ReadOnlySpan<int> axes)
    {
        Shape shape = axes.Length == 2 ? new Shape(axes[0], axes[1]) : new Shape(axes[0], axes[1], axes[2]);
        Tensor tensor = Tensor.Allocate(shape);
        Fill(ref state, tensor.Span);
        return tensor;
    }

    /// <summary>Multiples of 2^-22 between -2 and 2.</summary>
    private static void Fill(ref uint state, Span<float> values)
    {
        foreach (ref float value in values)
        {
            state = (state * 1664525) + 1013904223;
            value = ((int)(state >> 8) - (1 << 23)) / (float)(1 << 22);
        }
    }

    /// <summary>FNV-1a over the bits of floats.</summary>
    private sealed class Hash
    {
        private ulong _value = 14695981039346656037;

        public void Add(Tensor values)
        {
            foreach (uint bits in MemoryMarshal.Cast<float, uint>(values.Span))
            {
                _value = (_value ^ bits) * 1099511628211;
            }
        }

        public override string ToString() => _value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
    }
}
