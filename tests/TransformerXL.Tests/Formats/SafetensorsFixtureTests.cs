using System.Text.Json;
using TransformerXL.Files;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>Files written by the reference's own tools.</summary>
public sealed class SafetensorsFixtureTests
{
    public static TheoryData<string> AllFiles() =>
        [.. FixtureFolders.Roots().SelectMany(root => Directory.EnumerateFiles(root, "*.safetensors", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Checkpoints() => [.. FixtureFolders.OfKind("checkpoint")];

    [Theory]
    [MemberData(nameof(AllFiles))]
    public void Every_tensor_of_every_fixture_is_read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.NotEmpty(file.Entries);
        foreach (SafetensorsEntry entry in file.Entries)
        {
            if (entry.Type is SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16)
            {
                file.ReadFloats(entry.Name, new float[entry.Count]);
            }
            else
            {
                file.ReadInt64s(entry.Name, new long[entry.Count]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void The_weights_have_the_names_types_and_shapes_that_the_case_lists(string folder)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "weights.safetensors"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        IEnumerable<string> listed = document.RootElement.GetProperty("tensors").GetProperty("weights.safetensors").EnumerateArray()
            .Select(tensor => $"{tensor.GetProperty("name")} {tensor.GetProperty("dtype")} [{string.Join(", ", tensor.GetProperty("shape").EnumerateArray())}]");
        Assert.Equal(listed.Order(StringComparer.Ordinal), file.Entries.Select(entry => $"{entry.Name} {entry}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Tied_weights_are_equal_and_the_frequencies_are_those_of_the_sinusoids(string folder)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "weights.safetensors"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        foreach (JsonElement tied in document.RootElement.GetProperty("model").GetProperty("tied_parameters").EnumerateArray())
        {
            Assert.All(tied.EnumerateArray(), name => Assert.Equal(Floats(file, tied[0].GetString()!), Floats(file, name.GetString()!)));
        }

        JsonElement config = document.RootElement.GetProperty("config");
        int size = config.GetProperty("d_model").GetInt32();
        bool hasSinusoids = config.GetProperty("attn_type").GetInt32() is 0 or 2;
        float[] frequencies = hasSinusoids ? Floats(file, "pos_emb.inv_freq") : [];
        Assert.Equal(hasSinusoids ? size / 2 : 0, frequencies.Length);
        Assert.All(frequencies.Index(), pair => Assert.Equal(Math.Pow(10000, -2.0 * pair.Index / size), pair.Item, 1e-6 * pair.Item));
    }

    /// <summary>Whole numbers and fractions of every width, as a second reader takes them from the same bytes.</summary>
    [Theory]
    [MemberData(nameof(AllFiles))]
    public void Values_are_those_of_a_second_reader(string path)
    {
        SafetensorsOracle oracle = new(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(oracle.Names.Order(StringComparer.Ordinal), file.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        foreach (string name in oracle.Names)
        {
            Assert.Equal(oracle.Shape(name), file.Find(name).Shape);
            Assert.Equal(oracle.Type(name), file.Find(name).Type.ToString().ToUpperInvariant());
            if (oracle.IsInteger(name))
            {
                Assert.Equal(oracle.Integers(name), Integers(file, name));
            }
            else
            {
                Assert.Equal(oracle.Floats(name).Select(value => BitConverter.SingleToInt32Bits((float)value)), Floats(file, name).Select(BitConverter.SingleToInt32Bits));
            }
        }
    }

    [Fact]
    public void The_case_in_the_repository_holds_every_type_and_special_value()
    {
        using SafetensorsFile file = Misc(FixtureFolders.InRepository("checkpoint"));
        Assert.Equal(
            Enum.GetValues<SafetensorsType>().Order(),
            file.Entries.Select(entry => entry.Type).Distinct().Order());
        float[] special = Floats(file, "special_values");
        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity, float.NaN, -0f, float.Epsilon], special);
        Assert.True(float.IsNegative(special[3]));
        Assert.Equal([-(1L << 62), 0, (1L << 62) + 1], Integers(file, "i64"));
        Assert.Empty(Floats(file, "empty3d"));
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Views_were_stored_in_the_order_of_their_own_axes(string folder)
    {
        using SafetensorsFile file = Misc(folder);
        float[] whole = Floats(file, "base"), transposed = Floats(file, "transposed_view_of_base"), expanded = Floats(file, "expanded");
        int rows = (int)file.Find("base").Shape[0], columns = (int)file.Find("base").Shape[1];
        Assert.All(Enumerable.Range(0, rows * columns), i => Assert.Equal(whole[i], transposed[(i % columns * rows) + (i / columns)]));
        Assert.Equal(file.Find("expanded").Shape[1], columns);
        Assert.All(expanded.Index(), pair => Assert.Equal(whole[pair.Index % columns], pair.Item));
        Assert.Equal(new SafetensorsOracle(Path.Combine(folder, "misc.safetensors")).Metadata("format"), file.Metadata["format"]);
    }

    private static SafetensorsFile Misc(string folder) => SafetensorsFile.Open(Path.Combine(folder, "misc.safetensors"));

    private static float[] Floats(SafetensorsFile file, string name)
    {
        float[] values = new float[file.Find(name).Count];
        file.ReadFloats(name, values);
        return values;
    }

    private static long[] Integers(SafetensorsFile file, string name)
    {
        long[] values = new long[file.Find(name).Count];
        file.ReadInt64s(name, values);
        return values;
    }
}
