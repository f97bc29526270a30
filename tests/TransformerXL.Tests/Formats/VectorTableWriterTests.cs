using System.Text.Json.Serialization;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;
using Parquet.Serialization.Attributes;
using TransformerXL.Files.Parquet;
using Xunit;

namespace TransformerXL.Tests.Formats;

/// <summary>Tables of vectors, read by Parquet.Net.</summary>
public sealed class VectorTableWriterTests
{
    [Theory]
    [InlineData(0, 3, 1 << 20)]
    [InlineData(1, 1, 1 << 20)]
    [InlineData(7, 1, 8)]
    [InlineData(50, 5, 1 << 20)]
    [InlineData(50, 5, 60)]
    [InlineData(300, 64, 1 << 14)]
    public async Task Another_library_reads_the_same_rows(int rows, int columns, int groupBytes)
    {
        Random random = new(7);
        List<Row> written = [.. Enumerable.Range(0, rows).Select(row => new Row
        {
            Index = row,
            Id = random.Next(3) == 0 ? null : string.Concat(Enumerable.Repeat("é🐧 ", random.Next(4))) + row,
            Embedding = [.. Enumerable.Range(0, columns).Select(_ => random.NextSingle() - 0.5f)],
        })];
        using MemoryStream stream = new();
        VectorTableWriter writer = new(stream, columns, groupBytes);
        written.ForEach(row => writer.Write(row.Id, row.Embedding.ToArray()));
        writer.Complete();
        stream.Position = 0;
        await using (ParquetReader reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true))
        {
            int inGroup = Math.Max(1, groupBytes / sizeof(float) / columns);
            Assert.Equal((rows + inGroup - 1) / inGroup, reader.RowGroupCount);
            Assert.Equal(["index", "id", "embedding"], reader.Schema.Fields.Select(field => field.Name));
            Assert.IsType<ListField>(reader.Schema.Fields[2]);
        }

        stream.Position = 0;
        List<Row> read = [.. (await ParquetSerializer.DeserializeAsync<Row>(stream)).Data];
        Assert.Equal(written.Select(row => (row.Index, row.Id)), read.Select(row => (row.Index, row.Id)));
        Assert.Equal(written.SelectMany(row => row.Embedding), read.SelectMany(row => row.Embedding));
    }

    [Fact]
    public void A_vector_of_another_length_is_refused()
    {
        VectorTableWriter writer = new(Stream.Null, 3);
        Assert.Contains("a vector has 2 numbers, but must have 3", Assert.Throws<ArgumentException>(() => writer.Write(null, [1, 2])).Message, StringComparison.Ordinal);
    }

    private sealed class Row
    {
        [JsonPropertyName("index")]
        public long Index { get; set; }

        [JsonPropertyName("id")]
        public string? Id { get; set; }

        [JsonPropertyName("embedding")]
        [ParquetRequired]
        public List<float> Embedding { get; set; } = [];
    }
}
