using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;
using Xunit;

namespace TransformerXL.Tests.Training;

/// <summary>Optimizers against trajectories of PyTorch's on loss = |A x - b|^2 / 2, x being W beside V.</summary>
public sealed class OptimizerFixtureTests
{
    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> data = [];
        foreach (string folder in FixtureFolders.OfKind("optimizer"))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
            foreach (JsonElement variant in document.RootElement.GetProperty("variants").EnumerateArray())
            {
                data.Add(folder, variant.GetProperty("name").GetString()!);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Trajectory_equals_that_of_PyTorch(string folder, string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        JsonElement variant = document.RootElement.GetProperty("variants").EnumerateArray().Single(v => v.GetProperty("name").GetString() == name);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "optim.safetensors"));
        foreach (Isa isa in Enum.GetValues<Isa>().Where(CpuBackend.IsSupported))
        {
            using CpuBackend backend = new(isa, 1);
            Run(file, variant, name, backend);
        }
    }

    private static void Run(SafetensorsFile file, JsonElement variant, string name, CpuBackend backend)
    {
        Parameter w = Start(file, "W"), v = Start(file, "V");
        Optimizer optimizer = Optimizer.Create([w, v], Options(variant), backend);
        double clip = variant.TryGetProperty("clip", out JsonElement limit) ? limit.GetDouble() : 0;
        HashSet<int> without = variant.TryGetProperty("none_steps", out JsonElement steps) ? [.. steps.EnumerateArray().Select(s => s.GetInt32())] : [];
        double atol = variant.GetProperty("suggested_atol").GetDouble();
        float[] rates = Floats(file, $"{name}.lr"), expectedW = Floats(file, $"{name}.W"), expectedV = Floats(file, $"{name}.V");
        int sizeW = (int)w.Value.Count, sizeV = (int)v.Value.Count;
        for (int step = 0; step < variant.GetProperty("steps").GetInt32(); step++)
        {
            SetGradients(file, w, v, hasV: !without.Contains(step + 1));
            double norm = optimizer.GradientNorm();
            optimizer.Step(rates[step], clip > 0 ? Math.Min(1, clip / (norm + 1e-6)) : 1);
            AssertClose(w.Value.Span, expectedW.AsSpan(step * sizeW, sizeW), atol);
            AssertClose(v.Value.Span, expectedV.AsSpan(step * sizeV, sizeV), atol);
        }
    }

    private static OptimizerOptions Options(JsonElement variant)
    {
        double Number(string name, double otherwise) => variant.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;
        bool Flag(string name) => variant.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
        bool betas = variant.TryGetProperty("betas", out JsonElement given);
        OptimizerOptions standard = new();
        return new OptimizerOptions
        {
            Kind = Enum.Parse<OptimizerKind>(variant.GetProperty("optimizer").GetString()!, ignoreCase: true),
            Beta1 = betas ? given[0].GetDouble() : standard.Beta1,
            Beta2 = betas ? given[1].GetDouble() : standard.Beta2,
            Epsilon = variant.TryGetProperty("eps", out JsonElement epsilon) ? epsilon.GetDouble() : null,
            WeightDecay = Number("weight_decay", 0),
            Momentum = Number("momentum", 0),
            Nesterov = Flag("nesterov"),
            AmsGrad = Flag("amsgrad"),
        };
    }

    private static Parameter Start(SafetensorsFile file, string name)
    {
        int[] shape = [.. file.Find(name + "0").Shape.Select(size => (int)size)];
        Parameter parameter = new(name, shape.Length == 1 ? new Shape(shape[0]) : new Shape(shape[0], shape[1]));
        file.ReadFloats(name + "0", parameter.Value.Span);
        return parameter;
    }

    /// <summary>A^T (A x - b).</summary>
    private static void SetGradients(SafetensorsFile file, Parameter w, Parameter v, bool hasV)
    {
        float[] a = Floats(file, "A"), b = Floats(file, "b"), x = [.. w.Value.Span, .. v.Value.Span];
        double[] gradient = new double[x.Length];
        for (int row = 0; row < b.Length; row++)
        {
            double residual = -b[row];
            for (int i = 0; i < x.Length; i++)
            {
                residual += (double)a[(row * x.Length) + i] * x[i];
            }

            for (int i = 0; i < x.Length; i++)
            {
                gradient[i] += a[(row * x.Length) + i] * residual;
            }
        }

        w.ZeroGradient();
        for (int i = 0; i < w.Value.Count; i++)
        {
            w.Gradient.Span[i] = (float)gradient[i];
        }

        if (hasV)
        {
            v.ZeroGradient();
            for (int i = 0; i < v.Value.Count; i++)
            {
                v.Gradient.Span[i] = (float)gradient[w.Value.Count + i];
            }
        }
    }

    private static float[] Floats(SafetensorsFile file, string name)
    {
        float[] values = new float[file.Find(name).Count];
        file.ReadFloats(name, values);
        return values;
    }

    private static void AssertClose(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double atol)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.InRange(Math.Abs((double)actual[i] - expected[i]), 0, atol);
        }
    }
}
