using System.Buffers.Binary;
using System.Text.Json;
using TransformerXL.Files;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>Files written by the reference's own tools.</summary>
public sealed class SafetensorsFixtureTests
{
    public static TheoryData<string> AllFiles() =>
        [.. FixtureFolders.Roots().SelectMany(root => Directory.EnumerateFiles(root, "*.safetensors", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Checkpoints() => [.. FixtureFolders.OfCase("16_checkpoint")];

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
        Assert.Equal(Floats(file, "word_emb.emb_layers.0.weight"), Floats(file, "crit.out_layers.0.weight"));
        float[] frequencies = Floats(file, "pos_emb.inv_freq");
        Assert.All(frequencies.Index(), pair => Assert.Equal(Math.Pow(10000, -2.0 * pair.Index / 32), pair.Item, 1e-6 * pair.Item));
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Integers_of_every_width_have_their_values(string folder)
    {
        using SafetensorsFile file = Misc(folder);
        Assert.Equal([-(1L << 62), 0, (1L << 62) + 1], Integers(file, "i64"));
        Assert.Equal([-5, 7], Integers(file, "i32"));
        Assert.Equal([-300], Integers(file, "i16"));
        Assert.Equal([-128, 127], Integers(file, "i8"));
        Assert.Equal([0, 255], Integers(file, "u8"));
        Assert.Equal([1, 0, 1], Integers(file, "bool"));
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Floats_of_every_width_have_their_values(string folder)
    {
        using SafetensorsFile file = Misc(folder);
        float[] whole = Floats(file, "base");
        Assert.Equal(whole.Select(value => (float)(Half)value), Floats(file, "f16"));
        Assert.Equal([0.7109375f, -1.3046875f, -1.3046875f], Floats(file, "bf16")[..3]);
        byte[] first = new byte[sizeof(double)];
        file.ReadBytes("f64", 0, first);
        Assert.Equal(whole[0] * 1e-200, BinaryPrimitives.ReadDoubleLittleEndian(first), 1e-213);
        Assert.All(Floats(file, "f64"), value => Assert.Equal(0, value));
        Assert.Equal([3.25f], Floats(file, "scalar0d"));
        Assert.Empty(Floats(file, "empty3d"));
        float[] special = Floats(file, "special_values");
        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity, float.NaN, -0f, float.Epsilon], special);
        Assert.True(float.IsNegative(special[3]));
    }

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Views_were_stored_in_the_order_of_their_own_axes(string folder)
    {
        using SafetensorsFile file = Misc(folder);
        float[] whole = Floats(file, "base");
        float[] transposed = Floats(file, "transposed_view_of_base");
        Assert.All(Enumerable.Range(0, 35), i => Assert.Equal(whole[i], transposed[(i % 7 * 5) + (i / 7)]));
        Assert.Equal([.. whole[..7], .. whole[..7], .. whole[..7]], Floats(file, "expanded"));
        Assert.Equal("pt", file.Metadata["format"]);
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
