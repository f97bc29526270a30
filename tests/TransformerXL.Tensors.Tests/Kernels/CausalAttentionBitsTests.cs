using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
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
/// Causal attention has the bits that it had when causality was part of the kernels: trained models give the same text. The
/// hashes were recorded then. Inputs are fractions, so that no library of mathematics has a say in them.
/// </summary>
public sealed class CausalAttentionBitsTests(Backends backends) : IClassFixture<Backends>
{
    private const int Heads = 2;

    /// <summary>Shape, then the hashes for Scalar, Vector128, Avx2 and Avx512.</summary>
    public static TheoryData<string, int, int, int, int, int, float, string[]> Recorded => new()
    {
        { "relative", 1, 0, 1, 1, int.MaxValue, 0, ["69d305168247991d", "69d305168247991d", "69d305168247991d", "69d305168247991d"] },
        { "relative", 7, 3, 2, 5, int.MaxValue, 0, ["21c1c3815e2e1f8b", "93f2cc72b520aab6", "24b5b224ef0010da", "21c1c3815e2e1f8b"] },
        { "relative", 97, 40, 2, 5, 20, 0, ["cdaac8b902d3cc74", "459106c71b6066d0", "e041cfc160bcdbfb", "9a40b38f793e549c"] },
        { "relative", 130, 130, 1, 41, int.MaxValue, 0.1f, ["00a00c627b6ffbcd", "7b3f4e476f14367c", "a4a72a23bd059889", "1303e078dfcd30c4"] },
        { "relative", 100, 500, 1, 5, 300, 0, ["89b66fb5cd1f74c8", "f2f4fe6d4baec7d4", "c1066a40a411122a", "4dfee181af903154"] },
        { "relative", 60, 500, 6, 16, 290, 0.1f, ["739f6209ecec9582", "75d23596ae2010ea", "a946efd5239e1712", "0fc2f51794e323f0"] },
        { "relative", 13, 20, 1, 64, 0, 0, ["460b32ba61490157", "5ec73a3678abcfd8", "4cea0374b0389485", "eea2fe742b5ecb15"] },
        { "relative", 50, 480, 1, 64, int.MaxValue, 0, ["2a3d69b5feb5b719", "1053961fa3fd1e34", "23c35410eba81cbe", "cb0366f430b2e218"] },
        { "plain", 97, 40, 5, 17, 20, 0.2f, ["fbd24242bf83c5fe", "cda0f853bc11ee9c", "51261061b2752a84", "b5e54ddb67a12a00"] },
        { "plain", 50, 480, 1, 17, int.MaxValue, 0, ["6967742dc246d384", "20834936729c6313", "54ed3eff9807e488", "3fe85f2565dd1fe5"] },
        { "learned", 97, 40, 6, 5, 20, 0, ["59845b1c59ebc5ad", "51b762586450cf6b", "027b9218fc31442f", "165df5f0d7371455"] },
        { "learned", 50, 480, 1, 17, int.MaxValue, 0.2f, ["fa75c8abeb949261", "0aec5869c2dfb809", "dfa654a558cdc55d", "dd4f3a35b621a722"] },
        { "few", 1, 37, 2, 5, int.MaxValue, 0, ["cc85fb4a5234f201", "280942926cbb2b1c", "f443bad537194e2a", "c90116aef1615e42"] },
        { "few", 8, 300, 2, 64, 123, 0, ["d247009ca5c7fa2c", "043541b56d91a085", "f79cf654a60bb19f", "fd0e77dfa5747112"] },
        { "few", 1, 0, 1, 24, 0, 0, ["995961fe53deb283", "995961fe53deb283", "995961fe53deb283", "995961fe53deb283"] },
        { "few", 70, 500, 2, 24, 500, 0, ["8da198a3b46632d3", "49a1c336f24b2b01", "f89ceaf56bacee06", "2bbeb3892ec8c867"] },
    };

    [SkippableTheory]
    [MemberData(nameof(Recorded))]
    public void Outputs_and_gradients_have_the_recorded_bits(
        string kind, int queries, int memory, int streams, int headSize, int maxDistance, float dropout, string[] hashes)
    {
        // The backward pass takes logarithms, which are those of the system's library.
        Skip.IfNot(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && Fma.IsSupported, "recorded on Linux, x64, with FMA");
        foreach (Isa isa in Backends.Isas)
        {
            // Values kept as bfloat16 are multiplied as float32 where no unit for bfloat16 is used.
            using CpuBackend withoutUnit = new(isa, 1, tiles: null);
            string hash = kind == "few"
                ? Few(withoutUnit, queries, memory, streams, headSize, maxDistance)
                : Trained(backends.Get(isa), kind, queries, memory, streams, headSize, maxDistance, dropout);
            Assert.Equal($"{isa} {hashes[(int)isa]}", $"{isa} {hash}");
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
