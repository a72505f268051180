from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0012_exits'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallRule',
            fields=[
                ('key', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('agency', models.CharField(max_length=60)),
                ('way', models.CharField(max_length=10)),
                ('after_minutes', models.FloatField()),
                ('source', models.TextField(default='')),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('pack', models.JSONField(null=True)),
            ],
            options={
                'db_table': 'directory_call_rule',
            },
        ),
    ]
